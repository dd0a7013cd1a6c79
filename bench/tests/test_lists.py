# A row in the list is all that a benchmark takes.
from dataclasses import replace

import numpy as np

import answers
import cases
import oplist
import sides

ROWS = '''
RP_MAP2(add, ALL, "a + b; integers wrap")
RP_MAP2(hypot, FLOATS, "a row that was not there before")
RP_FOLD(argmin, argmin, INDEX, "the position, among (all), of the least")
RP_SPREAD(var, moments, REAL, "the variance")
#define RP_MAP1(name, types, text)
 * RP_MAP2(name, types, text)           out = name(a, b), broadcast
'''


def test_rows_are_read():
    ops = {op.name: op for op in oplist.parse_ops(ROWS)}
    assert list(ops) == ["add", "hypot", "argmin", "var", "scale"]
    assert (ops["hypot"].kind, ops["hypot"].floats_only) == ("map2", True)
    assert (ops["argmin"].kind, ops["argmin"].result, ops["argmin"].reduces) == ("fold", "INDEX", True)


def test_the_tree_s_lists_are_read():
    names = [op.name for op in oplist.ops()]
    assert len(names) == len(set(names))
    text = (oplist.CORE / "ops.def").read_text()
    assert sum(line.startswith(("RP_MAP", "RP_FOLD(", "RP_SPREAD(")) for line in text.splitlines()) == len(names) - 1
    assert oplist.types() == {"FLOAT": ["float32", "float64"], "INTEGER": ["int32", "int64"]}


def test_a_new_row_has_benchmarks_in_every_suite_of_tracked_cases():
    ops = oplist.parse_ops(ROWS)
    for suite in ("2d", "shapes", "layouts", "rows", "places"):
        mine = [p for p in cases.problems(suite, ops) if p.op.name == "hypot"]
        assert {p.dtype for p in mine} == {"float32", "float64"}
    assert any(p.op.name == "hypot" for p in cases.problems("quick", ops))


def test_tracked_cases():
    keys = [c.key for p in cases.problems("all") for c in cases.cases_of(p, [1, "all"])]
    assert len(keys) == len(set(keys))
    for key in (
        "2d/sum/float32/512x512/C/uniform/new/threads=1",
        "2d/mean[0]/float64/2048x2048/C/uniform/new/threads=all",
        "2d/scale/float32/768x768/C/normal/out/threads=1",
        "2d/scale/float32/768x768/C/normal/new/threads=1",
        "2d/add/float32/512x512/C+row/normal/out/threads=all",
        "2d/mean[1]/int32/1024x1024/C/uniform/new/threads=1",
        "shapes/std[0]/float64/1000000x2/C/normal/new/threads=1",
        "shapes/add/float32/16/C/normal/out/threads=1",
        "layouts/add/float64/2048x2048/C+F/normal/out/threads=1",
        "layouts/prod[0,2]/float32/64x96x80/C/near one/new/threads=1",
        "real/subtract/float32/427x640x3/C+row/china/new/threads=1",
    ):
        assert key in keys


def test_every_problem_runs_on_numpy_and_its_answer_is_found_right():
    """On shapes of the same rank cut down to a few elements."""
    small = {replace(p, shape=tuple(min(n, 6) for n in p.shape), suite="") for p in cases.problems("all") if not p.source}
    assert len(small) > 400
    for problem in small:
        setting = sides.Setting(problem)
        answer = answers.Answer(setting, sides.exact_value(setting))
        for out in problem.outs:
            complaint, error = answer.judge(answer.numpy.copy())
            assert complaint is None and error["bits_equal"], problem.key
            if problem.op.name not in ("scale", "copy"):
                assert np.array_equal(setting.result(np, out), answer.numpy, equal_nan=True), problem.key
