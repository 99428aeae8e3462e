"""Static files and uploads."""

import gzip

import pytest
from gateway_testing import Gateway, Stub


def test_static_files_come_from_disk(gateway: Gateway) -> None:
    css = gateway.static / "shop" / "shop.css"
    css.parent.mkdir(exist_ok=True)
    css.write_text("body{}" * 400)
    css.with_suffix(".css.gz").write_bytes(gzip.compress(b"packed"))
    (css.parent / "shop.0123456789ab.css").write_text("hashed")
    plain = gateway.get("/static/shop/shop.css")
    assert (plain.header("Content-Type"), plain.content[:6]) == ("text/css", b"body{}")
    assert plain.header("Cache-Control") == "public, max-age=300"
    again = gateway.get("/static/shop/shop.css", {"If-None-Match": plain.header("ETag") or ""})
    assert again.status == 304
    packed = gateway.get("/static/shop/shop.css", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == b"packed"
    hashed = gateway.get("/static/shop/shop.0123456789ab.css")
    assert hashed.header("Cache-Control") == "public, max-age=31536000, immutable"
    named = gateway.get("/static/shop/shop.css?v=1f0c2b9a")
    assert named.header("Cache-Control") == "public, max-age=31536000, immutable"
    assert plain.cookies() == hashed.cookies() == []


@pytest.mark.parametrize(
    "path",
    ["/static/../tls.key", "/static/%2e%2e/tls.key", "/static../tls.key", "/media/../nginx.conf"]
    + ["/static/.hidden", "/static/shop/.git/config", "/media../tls.key"],
)
def test_files_beside_the_roots_are_out_of_reach(gateway: Gateway, path: str) -> None:
    (gateway.static / ".hidden").write_text("secret")
    text = gateway.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert text.split()[1] in {"400", "404"}
    assert "PRIVATE KEY" not in text


def test_files_cannot_be_written(gateway: Gateway) -> None:
    for method in ("PUT", "POST", "DELETE"):
        assert gateway.ask(method, "/media/x.png").status in {403, 405}
    assert not (gateway.media / "x.png").exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo.jpg", True),
        ("photo.WEBP", True),
        ("drawing.svg", False),
        ("page.html", False),
        ("page.jpg.html", False),
        ("noextension", False),
        ("list.csv", False),
    ],
)
def test_uploads_cannot_run_in_the_shop(gateway: Gateway, name: str, shown: bool) -> None:
    (gateway.media / name).write_text("<script>alert(1)</script><!--# echo var='csrf' -->")
    answer = gateway.get(f"/media/{name}")
    assert answer.text == "<script>alert(1)</script><!--# echo var='csrf' -->"
    assert answer.header("Content-Disposition") == (None if shown else "attachment")
    assert answer.header("Content-Security-Policy") == "sandbox; default-src 'none'"
    assert answer.header("X-Content-Type-Options") == "nosniff"


@pytest.mark.parametrize("path", ["/favicon.ico", "/_gateway/style.css"])
def test_small_files_are_there(gateway: Gateway, path: str) -> None:
    answer = gateway.get(path)
    assert answer.status == 200
    assert answer.content
    assert answer.header("Cache-Control") == "public, max-age=300"


def test_the_joined_openapi_document_is_a_file(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    document = gateway.static / "api" / "openapi.json"
    document.parent.mkdir()
    document.write_text("{}")
    answer = gateway.get("/docs/api/openapi.json", {"Accept": "*/*", "Cookie": "cart=c"})
    assert (answer.text, answer.header("Content-Type")) == ("{}", "application/json")
    assert answer.header("Cache-Control") == "public, max-age=300"
    assert answer.cookies() == []
    assert gateway.post("/docs/api/openapi.json").status == 403
    assert [stub.requests for stub in stubs.values() if stub.requests] == []


def test_the_shops_own_icon_comes_first(gateway: Gateway) -> None:
    icon = gateway.static / "storefront" / "favicon.svg"
    icon.parent.mkdir(exist_ok=True)
    icon.write_text("<svg/>")
    answer = gateway.get("/favicon.ico")
    assert (answer.text, answer.header("Content-Type")) == ("<svg/>", "image/svg+xml")
    icon.unlink()
