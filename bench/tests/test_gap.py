# The whole report, on a stand-in for the library: documents, guard, interrupt, wrong answers.
import json
import re
import signal

import jsonschema
import pytest

import cases
import gap
import peers
import report
import runner
import sides
from standin import StandIn

SCHEMA = json.loads((gap.Path(gap.__file__).parent / "schema.json").read_text())
SMALL = ["--suite", "2d", "--threads", "1", "--seconds", "0.02"]
PATIENT = [*SMALL[:-1], "0.15"]


def run(tmp_path, *arguments, library=None):
    code = gap.main([*arguments, "--output", str(tmp_path)], library or StandIn())
    doc = json.loads((tmp_path / "gap.json").read_text())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(doc, SCHEMA)
    return code, doc


def test_report_of_every_kind_of_case(tmp_path, capsys):
    pattern = "/(mean.*|argmax|scale|add|sqrt|sum)/(float32|int64)/512x512"
    code, doc = run(tmp_path, *SMALL, "--filter", pattern, "--backends")
    assert code == 0 and doc["complete"]
    assert {row["op"] for row in doc["cases"]} == {"mean", "argmax", "scale", "add", "sqrt", "sum"}
    for row in doc["cases"]:
        assert row["status"] == "measured" and row["interval"][0] <= row["ratio"] <= row["interval"][1]
        assert row["error"]["bits_equal"] and 0 < row["limit"]["share"]
        assert set(row["backends"]) == {"numpy", "scalar"}
    text = capsys.readouterr().out
    assert "512x512  sum" in re.sub(" +", "  ", text) and "geometric mean" in text
    assert (tmp_path / "gap.md").read_text().count("\n| 512x512") == len(doc["cases"])


def test_page_stands_alone(tmp_path):
    run(tmp_path, *SMALL, "--filter", "/(sum|scale)/float32/(512|768)")
    page = (tmp_path / "gap.html").read_text()
    assert page.count("<svg") >= 2
    assert not re.search(r'(src|href)="(?!#)', page)


def test_losses_stand_first_and_red():
    def row(op, ratio, status="measured"):
        return {"op": op, "axis": None, "dtype": "float32", "shape": [16], "suite": "2d", "layout": "C", "out": False, "status": status,
                "threads": {"asked": 1}, "numpy": {"seconds": 1e-6 * ratio}, "raptors": {"seconds": 1e-6}, "reason": "off",
                "delta": 1e-6 * (1 - ratio), "ratio": ratio, "interval": [ratio, ratio], "limit": None}  # fmt: skip

    lines = report.table([row("won", 3), row("lost", 0.5), row("bad", 9, "wrong"), row("even", 1)], True, 3).splitlines()
    assert [line.split()[1] for line in lines[1:4]] == ["bad", "lost", "even"]
    assert [line.startswith(report.RED) for line in lines] == [False, True, True, False, False]
    assert lines[-1] == "... and 1 cases with greater ratios"


def test_planted_slow_down_fails_the_guard(tmp_path, capsys):
    arguments = [*PATIENT, "--filter", "/(sum|max)/float64/1024x1024/C/(uniform|normal)", "--guard"]
    code, _ = run(tmp_path, *arguments, library=StandIn(slow=["sum"]))
    assert code == 1
    errors = capsys.readouterr().err
    assert "guard: 2d/sum/float64/1024x1024/C/uniform/new/threads=1: slower than NumPy" in errors
    assert "/max/" not in errors


def test_planted_slow_down_fails_against_a_baseline(tmp_path, capsys):
    arguments = [*PATIENT, "--filter", "/sum/float64/1024x1024", "--guard"]
    fast = tmp_path / "fast"
    run(fast, *arguments[:-1])
    before = json.loads((fast / "gap.json").read_text())
    before["cases"][0]["ratio"], before["cases"][0]["interval"] = 40.0, [39, 41]
    before["cases"][0]["limit"]["share"] *= 40
    (fast / "gap.json").write_text(json.dumps(before))
    code, _ = run(tmp_path, *arguments, "--baseline", str(fast / "gap.json"))
    assert code == 1 and ": slower than" in capsys.readouterr().err


def test_guard_that_measured_nothing_fails(tmp_path):
    assert run(tmp_path, *SMALL, "--filter", "no such case", "--guard")[0] == 1


def test_a_wrong_answer_has_no_ratio(tmp_path):
    code, doc = run(tmp_path, *SMALL, "--filter", "/(min|sqrt|sum)/float32/512x512", library=StandIn(wrong=["min", "sqrt"]))
    assert code == 1
    # A result of one million may be off by one ulp and more; off by one is seen where it means something.
    assert {row["op"]: row["status"] for row in doc["cases"] if not row["out"]} == {
        "min": "wrong", "sqrt": "wrong", "sum": "measured"}  # fmt: skip
    assert all("ratio" not in row for row in doc["cases"] if row["status"] == "wrong")


def test_an_operation_that_one_library_lacks_is_said(tmp_path):
    class Less(StandIn):
        def __getattr__(self, name):
            if name == "sqrt":
                raise AttributeError(name)
            return super().__getattr__(name)

    code, doc = run(tmp_path, *SMALL, "--filter", "/sqrt/float32/512x512", library=Less())
    assert code == 0 and {row["reason"] for row in doc["cases"]} == {"not in raptors"}


def ctrl_c():
    raise KeyboardInterrupt


def terminated():
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("interrupt", [ctrl_c, terminated])
def test_interrupt_leaves_a_valid_report(tmp_path, interrupt):
    class Interrupted(StandIn):
        def sqrt(self, x, out=None):
            interrupt()

    code, doc = run(tmp_path, *SMALL, "--filter", "/(negative|sqrt|copy)/float32/512x512", library=Interrupted())
    assert code == 130 and not doc["complete"]
    assert {row["op"] for row in doc["cases"]} == {"negative"}


def test_deadline_leaves_a_valid_report(tmp_path, monkeypatch):
    monkeypatch.setattr(gap, "QUICK_DEADLINE", 0.1)
    code, doc = run(tmp_path, "--quick", "--threads", "1")
    assert code == 0 and not doc["complete"] and 1 <= len(doc["cases"]) < 20


def test_a_python_number_as_operand(tmp_path):
    code, doc = run(tmp_path, "--suite", "shapes", "--threads", "1", "--seconds", "0.01", "--filter", r"/(add|divide)/\w+/16/C\+k/")
    assert code == 0 and len(doc["cases"]) == 8
    for row in doc["cases"]:
        assert row["error"]["bits_equal"] and row["bytes"] == 2 * 16 * int(row["dtype"][-2:]) // 8


def test_a_run_in_parts_is_one_report(tmp_path, capsys):
    arguments = ["--suite", "2d", "--threads", "1", "--seconds", "0.01", "--filter", "/(negative|sqrt)/float32/", "--resume"]
    parts = []
    while not parts or not parts[-1]["complete"]:
        code, doc = run(tmp_path, *arguments, *(["--within", "0.0001"] if len(parts) < 3 else []))
        assert code == 0
        parts.append(doc)
    assert [len(part["cases"]) for part in parts] == [1, 2, 3, 16]
    assert parts[-1]["cases"][:3] == parts[2]["cases"]
    assert len({row["key"] for row in doc["cases"]}) == 16 == sum(entry["cases"] for entry in doc["summary"])
    with pytest.raises(SystemExit, match="its seconds is 0.01, not 0.02"):
        run(tmp_path, *arguments, "--seconds", "0.02")
    assert len(run(tmp_path, *arguments[:-1], "--within", "0.0001")[1]["cases"]) == 1


def test_estimate_of_the_time_left(monkeypatch):
    progress = runner.Progress(10)
    progress._begin -= 20
    assert 29 <= progress.left(4) <= 31
    limited = runner.Progress(10, deadline=25)
    limited._begin -= 20
    assert limited.left(4) <= 5


@pytest.mark.parametrize("text", ["0", "-1", "many", "", "2000"])
def test_bad_threads_are_refused(text, capsys):
    with pytest.raises(SystemExit) as refused:
        gap.main(["--threads", text], StandIn())
    assert refused.value.code == 2 and "threads" in capsys.readouterr().err


def test_numpy_s_own_error_is_seen(tmp_path):
    """NumPy adds float32 rows one after another: a million of them are far off, and are called so."""
    code, doc = run(tmp_path, "--suite", "shapes", "--threads", "1", "--seconds", "0.01",
                    "--filter", r"/mean\[0\]/float32/1000000x3/")  # fmt: skip
    assert code == 1 and "far from the exact value" in doc["cases"][0]["reason"]


def test_real_data(tmp_path):
    pytest.importorskip("sklearn")
    code, doc = run(tmp_path, "--suite", "real", "--threads", "1", "--seconds", "0.01", "--filter", "float64.*digits")
    assert code == 0 and {row["data"] for row in doc["cases"]} == {"digits"}
    standardise = next(row for row in doc["cases"] if row["op"] == "standardise")
    assert standardise["status"] == "measured" and standardise["limit"] is None


def test_peers_stand_side_by_side():
    def row(key, **peers):
        times = {name: {"seconds": seconds} for name, seconds in peers.items()}
        return {"key": key, "status": "measured", "numpy": {"seconds": 4e-6}, "raptors": {"seconds": 2e-6}, "peers": times}

    lines = report.peers_table([row("one", numkong=1e-6), row("two", numexpr=8e-6, numkong=4e-6), row("three")]).splitlines()
    assert lines[0].split()[-3:] == ["numpy", "numexpr", "numkong"]
    assert [line.split() for line in lines[1:3]] == [["one", "2.00", "0.50"], ["two", "2.00", "4.00", "2.00"]]
    assert lines[3].split() == ["geometric", "mean", "2.00", "4.00", "1.00"]
    assert len(lines) == 4 and report.peers_table([row("three")]) == ""


def test_a_peer_that_refuses_a_case_is_left_out(monkeypatch):
    class Peer:
        def add(a, b, out=None):
            raise ValueError("not these shapes")

        def sum(a, axis):
            return a.sum(axis)

    monkeypatch.setattr(peers, "_optional", lambda name: Peer if name == "numkong" else None)
    for pattern, wanted in (("/add/float32/512x512/C/", []), ("/sum/float32/512x512/C/", ["numkong"])):
        problem = next(p for p in cases.problems("2d") if re.search(pattern, p.key + "/"))
        case = cases.cases_of(problem, [1])[0]
        assert [name for name, _ in peers.timers(case, sides.Setting(problem), 1)] == wanted
