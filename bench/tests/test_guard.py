import guard


def row(key, ratio, low, high, status="measured", share=None):
    limit = {"share": share} if share else None
    return {"key": key, "status": status, "ratio": ratio, "interval": [low, high], "reason": "off by one", "limit": limit}


def repeats(*rows):
    """A repeat that gives these rows, and notes what it was asked for."""

    def again(key):
        again.asked.append(key)
        return next(r for r in rows if r["key"] == key)

    again.asked = []
    return again


def baseline(*rows):
    return {"cases": list(rows)}


def test_a_whole_interval_below_one_fails_when_repeated():
    rows, again = [row("a", 0.8, 0.7, 0.9), row("b", 2, 1.9, 2.1)], repeats(row("a", 0.85, 0.8, 0.9))
    complaints, _ = guard.judge(rows, None, again)
    assert again.asked == ["a"] * guard.REPEATS
    assert len(complaints) == 1 and complaints[0].startswith("a: slower than NumPy: ratio 0.850")
    assert rows[0]["ratio"] == 0.85


def test_a_repeat_clears():
    rows = [row("a", 0.8, 0.7, 0.9)]
    assert guard.judge(rows, None, repeats(row("a", 0.97, 0.9, 1.05))) == ([], 0)
    assert rows[0]["ratio"] == 0.97


def test_any_repeat_clears():
    verdicts = iter([row("a", 0.9, 0.8, 0.99), row("a", 0.97, 0.9, 1.05), row("a", 0.9, 0.8, 0.99)])
    assert guard.judge([row("a", 0.8, 0.7, 0.9)], None, lambda key: next(verdicts)) == ([], 0)


def test_an_interval_that_reaches_one_passes_unrepeated():
    again = repeats()
    assert guard.judge([row("a", 0.9, 0.8, 1.0)], None, again) == ([], 0)
    assert again.asked == []


def test_a_wrong_answer_fails():
    wrong = row("a", 0, 0, 0, "wrong")
    assert "wrong answer" in guard.judge([wrong], None, repeats(wrong))[0][0]


def test_a_fall_from_the_baseline_fails_only_beyond_both_intervals():
    before = baseline(row("a", 5, 4.5, 5.5), row("b", 5, 4.5, 5.5), row("gone", 5, 4, 6))
    fallen, touching, new = row("a", 3, 2.5, 4.4), row("b", 4, 3.5, 4.6), row("c", 2, 1.9, 2.1)
    again = repeats(fallen, touching)
    complaints, _ = guard.judge([fallen, touching, new], before, again)
    assert again.asked == ["a"] * guard.REPEATS
    assert len(complaints) == 1 and "a: slower than the baseline: ratio 3.000 [2.500, 4.400], was 5.000" in complaints[0]


def test_a_fall_is_ours_only_where_the_share_of_the_limit_fell_too():
    before = baseline(row("ours", 1.4, 1.3, 1.5, share=0.95), row("numpy's", 1.4, 1.3, 1.5, share=0.95))
    ours, theirs = row("ours", 1.1, 1.05, 1.15, share=0.75), row("numpy's", 1.1, 1.05, 1.15, share=0.94)
    complaints, _ = guard.judge([ours, theirs], before, repeats(ours))
    assert len(complaints) == 1 and complaints[0].startswith("ours: slower than the baseline")


def test_a_rise_is_no_failure():
    assert guard.judge([row("a", 9, 8, 10)], baseline(row("a", 5, 4, 6)), repeats()) == ([], 0)


def test_enough_is_enough():
    bad = [row(f"case {k}", 0.5, 0.4, 0.6) for k in range(guard.ENOUGH + 5)]
    again = repeats(*bad)
    complaints, untried = guard.judge(list(bad), None, again)
    assert (len(complaints), untried, len(again.asked)) == (guard.ENOUGH, 5, guard.ENOUGH * guard.REPEATS)
