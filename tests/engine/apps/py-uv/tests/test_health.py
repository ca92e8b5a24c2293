from app.main import app


def test_there_is_a_health_route():
    assert any(route.path == "/health" for route in app.routes)
