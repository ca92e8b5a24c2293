from greeter.server import hello


def test_it_greets():
    assert hello("Ada")["greeting"] == "Hello, Ada"
