from catalog.api import create_app


def test_items_are_routed():
    assert any(route.path == "/items" for route in create_app().routes)
