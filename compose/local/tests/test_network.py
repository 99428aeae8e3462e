from compose.local import network


def test_a_port_that_somebody_listens_on_is_not_free(taken_port: int) -> None:
    assert not network.is_free(taken_port)


def test_a_found_port_is_free_and_outside_the_range_of_outgoing_connections() -> None:
    port = network.find_free(avoid=())
    assert network.is_free(port)
    assert port < 32768


def test_a_port_that_nobody_listens_on_does_not_answer() -> None:
    assert not network.answers(network.find_free(avoid=()))


def test_an_answer_must_begin_as_expected(taken_port: int) -> None:
    assert network.answers(taken_port)
