import json
import subprocess
import sys

from compose.local import network
from compose.local.layout import ROOT, Layout
from compose.local.state import State, locked


def test_a_port_is_chosen_once_and_kept(layout: Layout, state: State) -> None:
    port = state.port("catalog-web-1")
    assert State(layout.state_file).port("catalog-web-1") == port
    assert network.is_free(port)


def test_two_names_never_get_the_same_port(state: State) -> None:
    ports = [state.port(f"program-{number}") for number in range(200)]
    assert len(set(ports)) == 200


def test_a_renewed_port_is_another_one(state: State) -> None:
    before = state.port("redis")
    state.renew_port("redis")
    assert state.port("redis") != before


def test_a_secret_is_kept_and_readable_by_its_owner_only(layout: Layout, state: State) -> None:
    secret = state.secret("rabbitmq")
    assert State(layout.state_file).secret("rabbitmq") == secret
    assert layout.state_file.stat().st_mode & 0o777 == 0o600


def test_secrets_differ_from_one_run_directory_to_the_next(layout: Layout, state: State) -> None:
    other = State(layout.run / "other.json")
    assert state.secret("capability") != other.secret("capability")


def test_a_value_that_is_already_so_is_not_written_again(layout: Layout, state: State) -> None:
    state.put("replicas", "catalog", 3)
    written = layout.state_file.stat().st_mtime_ns
    state.put("replicas", "catalog", 3)
    assert layout.state_file.stat().st_mtime_ns == written


def test_a_service_has_one_replica_until_told_otherwise(state: State) -> None:
    assert state.replicas("catalog") == 1


def test_a_second_command_waits_until_the_first_has_finished(layout: Layout) -> None:
    code = (
        "import sys; from pathlib import Path; from compose.local.layout import Layout;"
        "from compose.local.state import locked;"
        "layout = Layout(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "with locked(layout) as state: print(state.get('done', 'first'))"
    )
    with locked(layout) as state:
        second = subprocess.Popen(
            [sys.executable, "-c", code, layout.root, layout.run],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert second.stdout
        assert "waiting" in second.stdout.readline()
        assert second.poll() is None
        state.put("done", "first", "yes")
    assert second.communicate(timeout=20)[0].strip() == "yes"


def test_a_crash_while_writing_leaves_the_old_state_whole(layout: Layout, state: State) -> None:
    state.put("done", "seed", "once")
    layout.state_file.with_suffix(".new").write_text('{"half')
    assert json.loads(layout.state_file.read_text()) == {"done": {"seed": "once"}}
    State(layout.state_file).put("done", "seed", "twice")
    assert State(layout.state_file).get("done", "seed") == "twice"
