from catalog.api import create_app


def test_products_are_routed():
    assert any(route.path == "/products" for route in create_app().routes)
