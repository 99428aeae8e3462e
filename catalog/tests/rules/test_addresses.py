import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.addresses import UrlRefused, is_public, read_address


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://x.example", ("https", "x.example", 443, "/")),
        (
            "http://X.Example:80/a%20b?c=d",
            ("http", "x.example", 80, "/a%20b?c=d"),
        ),
        ("https://bücher.example/é", ("https", "xn--bcher-kva.example", 443, "/%C3%A9")),
        ("https://8.8.8.8/f.csv#top", ("https", "8.8.8.8", 443, "/f.csv")),
        ("http://[2606:4700:4700::1111]/", ("http", "2606:4700:4700::1111", 80, "/")),
    ],
)
def test_a_public_address_is_read(url, read):
    address = read_address(url)
    assert (address.scheme, address.host, address.port, address.target) == read


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x.example/f.csv",
        "file:///etc/passwd",
        "ftp://x.example/",
        "gopher://x.example/",
        "//x.example/",
        "http://",
        "http:///f.csv",
        "https://user@x.example/",
        "https://user:pw@x.example/",
        "https://@x.example/",
        "https://x.example:8080/",
        "https://x.example:99999/",
        "https://x.example:six/",
        "http://x.example\\@127.0.0.1/",
        "http://x.example/a b",
        "http://x.example/\r\nHost: y",
        "http://x..example/",
        "http://" + "a" * 64 + ".example/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://x.example/" + "a" * 1000,
    ],
)
def test_others_are_refused(url):
    with pytest.raises(UrlRefused):
        read_address(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.0.0.1", False),
        ("192.0.2.1", False),
        ("192.168.1.1", False),
        ("198.18.0.1", False),
        ("224.0.1.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:1::1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("100::1", False),
    ],
)
def test_only_hosts_of_the_public_net_are_public(address, public):
    assert is_public(address) is public


def test_an_exempt_host_is_exempt_at_its_port_only():
    allowed = ["127.0.0.1:8123", "erp.internal:80"]
    assert read_address("http://127.0.0.1:8123/f.csv", allowed=allowed).is_exempt
    assert read_address("http://ERP.internal/f.csv", allowed=allowed).is_exempt
    with pytest.raises(UrlRefused):
        read_address("http://127.0.0.1:8124/f.csv", allowed=allowed)
    assert not read_address("https://erp.internal/f.csv", allowed=allowed).is_exempt


@given(
    st.one_of(st.text(), st.text().map("http://{}".format), st.text().map("https://[{}]".format))
)
def test_any_text_is_read_or_refused(text):
    try:
        address = read_address(text)
    except UrlRefused:
        return
    assert address.target.isascii()
    assert address.host.isascii()
