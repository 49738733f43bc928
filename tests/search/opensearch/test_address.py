"""What may stand in FIRSTHAND_SEARCH_URL for a cluster."""

from pathlib import Path

import pytest

from search.engines.opensearch.address import Address, read


def test_an_address_says_where_the_nodes_are_and_how_the_index_is_laid_out():
    assert read("http://one") == Address(nodes=(("one", 9200),))
    assert read(
        "https://ada:p%40ss:w@one:9201,[::1]:9202/?index=kb&shards=3&replicas=0&timeout=2&ca=/ca.pem"
    ) == Address(
        nodes=(("one", 9201), ("[::1]", 9202)),
        is_https=True,
        user="ada",
        password="p@ss:w",
        index="kb",
        shards=3,
        replicas=0,
        timeout=2,
        ca=Path("/ca.pem"),
    )


@pytest.mark.parametrize(
    "url",
    [
        "http:",
        "ftp://one",
        "http://one:port",
        "http://one,",
        "http://one/path",
        "http://one?shards=0",
        "http://one?replicas=-1",
        "http://one?index=Upper",
        "http://one?color=red",
    ],
)
def test_an_address_that_makes_no_sense_is_refused_with_a_sentence(url):
    with pytest.raises(ValueError, match=r"\w+ \w+ \w+"):
        read(url)
