"""record_golden.py -- asks the newest NumPy for the facts that test_semantics and test_accuracy compare with.

    python3 tests/record_golden.py        (a Python that has NumPy; writes tests/golden/*.txt)

SPDX-License-Identifier: MIT

semantics.txt, one fact a line; values are the hex of their bits, `nan` for every NaN, shape `-` for no axes:
    array NAME DTYPE SHAPE:VALUES
    OP NAME [NAME] [axes=MASK] [number=FLOAT64] [DTYPE] = DTYPE SHAPE:VALUES
    OP NAME ... = error
A DTYPE before the `=` was asked for; without it, the one behind the `=` is NumPy's own choice.

order.txt holds sums of the families of tests/support/families.c, as NumPy adds them:
    OP DTYPE FAMILY ROWSxCOLS axes=MASK = VALUES
"""

import itertools
import pathlib
import warnings

import numpy as np

HERE = pathlib.Path(__file__).parent / "golden"
FLOATS = ("float32", "float64")
INTEGERS = ("int32", "int64")
MAP2 = ("add", "subtract", "multiply", "divide", "minimum", "maximum")
MAP1 = ("negative", "absolute", "square", "sqrt", "copy")
FOLDS = ("sum", "mean", "prod", "min", "max", "argmin", "argmax")
SPREADS = ("var", "std")
WIDENING = ("sum", "mean", "prod", "var", "std")  # float32 may be asked for in float64


def hexed(x):
    x = np.ascontiguousarray(x)
    bits = x.view(f"u{x.itemsize}").ravel()
    return ",".join("nan" if v != v else f"{b:x}" for v, b in zip(x.ravel(), bits))


def described(x):
    x = np.asarray(x)
    shape = ",".join(map(str, x.shape)) or "-"
    return f"{x.dtype} {shape}:{hexed(x)}"


def number(value):
    return hexed(np.float64(value))


# ---- elementwise ---------------------------------------------------------------------------------------


def special(dtype):
    info = np.finfo(dtype) if dtype in FLOATS else np.iinfo(dtype)
    if dtype in FLOATS:
        return [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.1, 3.5, info.max, info.tiny, -info.smallest_subnormal]
    return [0, 1, -1, 2, 46341, -70000, info.max, info.min, info.max - 1]


def elementwise_facts():
    for dtype in FLOATS + INTEGERS:
        values = np.array(special(dtype), dtype)
        column, row = f"column_{dtype}", f"row_{dtype}"
        yield f"array {column} {described(values[:, None])}"
        yield f"array {row} {described(values[None, :])}"
        for op in MAP2:
            if dtype in FLOATS or op != "divide":
                yield f"{op} {column} {row} = {described(getattr(np, op)(values[:, None], values[None, :]))}"
        for op in MAP1:
            if dtype in FLOATS or op != "sqrt":
                yield f"{op} {row} = {described(getattr(np, op)(values[None, :]))}"
        for factor in (2.5, -0.0, 1e-30, np.inf, np.nan) if dtype in FLOATS else (3, -1, 0):
            yield f"scale {row} number={number(factor)} = {described(values[None, :] * np.dtype(dtype).type(factor))}"


def broadcast_facts():
    """Shapes alone: the values are small integers."""
    shapes = {"s0": (), "s1": (1,), "s4": (4,), "s31": (3, 1), "s34": (3, 4), "s214": (2, 1, 4), "s04": (0, 4), "s30": (3, 0)}
    arrays = {name: np.arange(np.prod(shape), dtype="float32").reshape(shape) + 1 for name, shape in shapes.items()}
    for name, x in arrays.items():
        yield f"array {name} {described(x)}"
    for a, b in itertools.product(arrays, repeat=2):
        try:
            np.broadcast_shapes(shapes[a], shapes[b])
        except ValueError:
            yield f"subtract {a} {b} = error"
        else:
            yield f"subtract {a} {b} = {described(arrays[a] - arrays[b])}"


# ---- reductions ----------------------------------------------------------------------------------------


def folded_inputs(dtype):
    """Sums and products of these are exact in any order, so that NumPy's bits are the only right ones."""
    big = np.iinfo(dtype) if dtype in INTEGERS else None
    ties = [[[3, -1, 2, 2], [0, 3, -2, 1]], [[-2, 1, 1, 3], [3, -2, -1, 3]]]
    yield "ties", np.array(ties, dtype)
    yield "one", np.array([7], dtype)
    yield "scalar", np.array(-5, dtype)
    yield "pair", np.array([1, 3], dtype)
    yield "row8", np.array([[1, 3, 5, 7, 2, 4, 6, 8]], dtype)
    for shape in ((0,), (0, 3), (3, 0), (0, 0)):
        yield "empty" + "x".join(map(str, shape)), np.empty(shape, dtype)
    if big:
        yield "wrap", np.array([[big.max, 1], [big.min, -1], [big.max, big.max]], dtype)
        yield "large", np.full(4, big.max // 2 + 1, dtype)
        yield "least", np.full((3, 2), big.min, dtype)
        return
    yield "nan", np.array([[1, np.nan, 3], [4, 5, 6], [np.nan, 8, -9]], dtype)
    yield "nans", np.array([2, np.nan, np.inf, np.nan, -np.inf], dtype)
    yield "inf", np.array([[np.inf, 1, -np.inf], [np.inf, -np.inf, -np.inf]], dtype)
    yield "huge", np.array([np.finfo(dtype).max, np.finfo(dtype).max], dtype)
    yield "zeros", np.array([[0.0, -0.0], [-0.0, 0.0]], dtype)
    yield "negzeros", np.full((3, 2), -0.0, dtype)


def ops_for(name):
    """Less those whose result NumPy itself does not get right there, by overflow or rounding on the way."""
    if name == "huge":
        return ("sum", "prod", "min", "max")
    return FOLDS if name == "wrap" else FOLDS + SPREADS


def every_axes(x):
    """Every set of axes; the empty set not for tables, which are many."""
    fewest = 0 if x.ndim != 2 and x.size else 1
    return itertools.chain.from_iterable(itertools.combinations(range(x.ndim), k) for k in range(fewest, x.ndim + 1))


def arg(op, x, axes):
    """NumPy's argmin takes one axis: several are one after they have been moved together."""
    kept = [k for k in range(x.ndim) if k not in axes]
    flat = x.transpose(kept + list(axes)).reshape([x.shape[k] for k in kept] + [int(np.prod([x.shape[k] for k in axes]))])
    return getattr(np, op)(flat, axis=-1)


def reduced(op, x, axes, **more):
    try:
        return described(arg(op, x, axes) if op.startswith("arg") else getattr(np, op)(x, axis=axes, **more))
    except ValueError:
        return "error"


def reduction_facts():
    for dtype in FLOATS + INTEGERS:
        for name, x in folded_inputs(dtype):
            key = f"{name}_{dtype}"
            yield f"array {key} {described(x)}"
            for axes in every_axes(x):
                mask = f"axes={sum(1 << k for k in axes)}"
                for op in ops_for(name):
                    yield f"{op} {key} {mask} = {reduced(op, x, axes)}"
                if dtype == "float32":
                    for op in [f for f in ops_for(name) if f in WIDENING]:
                        yield f"{op} {key} {mask} float64 = {reduced(op, x, axes, dtype='float64')}"
            if x.ndim == 1 and name != "huge":
                for op, ddof in itertools.product(SPREADS, (1, 3, -1, 0.5)):
                    yield f"{op} {key} axes=1 number={number(ddof)} = {reduced(op, x, (0,), ddof=ddof)}"


# ---- the order of addition -----------------------------------------------------------------------------


def splitmix(seed, count):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype="u8") * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def family(name, dtype, n, seed=1):
    """As ts_family writes them."""
    r = splitmix(seed, n)
    u = (r >> np.uint64(11)).astype("f8") * 2.0**-53
    if name == "uniform":
        x = u
    else:
        x = np.ldexp(1 + u, np.bitwise_count(r & np.uint64(0xFFFFFF)).astype(int) - 12)
    return x.astype(dtype)


SHAPES = [(1, n) for n in (1, 3, 7, 8, 9, 100, 127, 128, 129, 136, 1000, 1025, 4103)]
SHAPES += [(7, 3), (100, 3), (1003, 3), (1000, 2), (200, 17), (130, 129), (3, 1000)]


def order_facts():
    for dtype, name, shape in itertools.product(FLOATS, ("uniform", "lognormal"), SHAPES):
        x = family(name, dtype, shape[0] * shape[1]).reshape(shape)
        for op, axis in itertools.product(("sum", "mean", "prod", "var"), (0, 1)):
            if shape[0] > 1 or axis == 1:
                wanted = hexed(getattr(np, op)(x, axis=axis)).split(",")[:5]
                yield f"{op} {dtype} {name} {shape[0]}x{shape[1]} axes={1 << axis} = {','.join(wanted)}"


def write(name, facts):
    text = f"# NumPy {np.__version__}, by tests/record_golden.py\n" + "".join(f + "\n" for f in facts)
    (HERE / name).write_text(text)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    HERE.mkdir(exist_ok=True)
    write("semantics.txt", itertools.chain(elementwise_facts(), broadcast_facts(), reduction_facts()))
    write("order.txt", order_facts())
