from main import app


def test_visits_are_routed():
    assert any(route.path.startswith("/visits") for route in app.routes)
