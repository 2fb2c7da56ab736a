"""Copy the figures of `benchmarks/results` into the documentation: `python -m benchmarks.tables`.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. What a benchmark has not measured yet gives
a table without rows and a sentence that says so.
"""

from __future__ import annotations

import re
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.kim_2014 import MODES, PAPER
from benchmarks.machine import read_results
from benchmarks.markdown import table as _table
from benchmarks.names import BENCHMARKS, BY_TESTS
from benchmarks.service_tables import SERVICE_TABLES
from benchmarks.spread import mean_and_spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parent.parent
PAGES = (
    ROOT / "README.md",
    *(ROOT / f"docs/{name}.md" for name in ("results", "cluster", "inside", "console", "retraining")),
)

BASELINES = ("TF-IDF + LR", "fastText", "Kim 2014, rand", "Kim 2014, best")
MOST_SECONDS = {"mr": 60, "sms_spam": 30}
"""The goals for `textcnn train` on two cores."""
TITLES = {
    "mr": "MR, 10-fold",
    "mr_rand": "MR, 10-fold, random vectors",
    "sms_spam": "SMS spam",
    "sms_spam_pieces": "SMS spam, small pieces, random vectors",
    "subj": "Subj, 10-fold",
    "sst1": "SST-1",
    "sst2": "SST-2",
    "sst2_sentences": "SST-2, sentences",
    "trec": "TREC",
    "trec_rand": "TREC, random vectors",
    "trec_kim": "TREC, the paper's settings",
    "clinc150": "CLINC150, in scope",
    "newsgroups20": "20 Newsgroups",
    "imdb": "IMDb",
    "reviews_zh": "reviews, Chinese",
    "shopping_zh_sentiment": "shopping, Chinese: polarity",
    "shopping_zh_category": "shopping, Chinese: 10 categories",
}
WAITS = {
    "help": "`textcnn --help`",
    "classify": "`textcnn classify`, one text",
    "serve_first_answer": "`textcnn serve`, first answer",
}

OF_EXPLAIN = ("evidence", "occlusion", "saliency", "guided", "grad-cam", "integrated-gradients")

_PLACE = re.compile(r"(<!-- table: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrite the tables of every page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        new = render(text)
        if new != text:
            page.write_text(new, encoding="utf-8")
            print(f"tables: {page.relative_to(ROOT)} is new")


def render(page: str) -> str:
    """A page with its tables made anew from the results."""
    return _PLACE.sub(lambda place: f"{place[1]}{_table_named(place['name'])}{place[3]}", page)


def accuracy_table() -> str:
    """A row for each corpus: our figure, its goals, and the figures of others."""
    from benchmarks.accuracy import TASKS

    rows = []
    for name, task in _tasks().items():
        figures = [*(TASKS[name].goal or (None, None)), *map(task["baselines"].get, BASELINES)]
        rows.append(
            [
                TITLES.get(name, name),
                _measure(task["measure"]),
                mean_and_spread(task),
                str(len(task["runs"])),
                *("" if value is None else f"{value:.1f}" for value in figures),
            ]
        )
    return _table(["corpus", "figure", "textcnn", "seeds", "at least", "aim", *BASELINES], rows, words=2)


def runs_table() -> str:
    """A row for each corpus: what else is known of its runs."""
    rows = [
        [
            TITLES.get(name, name),
            f"{_mean(task, 'test_rows'):,.0f}",
            f"{100 * _mean(task, 'accuracy'):.1f}",
            f"{100 * _mean(task, 'macro_f1'):.1f}",
            f"{100 * _mean(task, 'ece'):.1f}",
            f"{statistics.median(run['seconds'] for run in task['runs']):,.0f}",
            ", ".join(sorted({run["processor"] for run in task["runs"]})),
            ", ".join(f"`{key}={value}`" for key, value in task["choices"].items()),
        ]
        for name, task in _tasks().items()
    ]
    return _table(
        ["corpus", "test rows", "accuracy", "macro-F1", "ECE", "seconds", "processor", "recipe"], rows
    )


def bundled_table() -> str:
    """A row for each bundled model and each corpus that it was tested on."""
    models: dict[str, Any] = read_results("bundled").get("models", {})
    rows = [
        [
            f"`{name}`",
            title,
            f"{figures['rows']:,}",
            f"{100 * figures['accuracy']:.1f}",
            f"{100 * figures['macro_f1']:.1f}",
            ", ".join(f"`{label}` {100 * value:.1f}" for label, value in figures["f1"].items()),
            f"{100 * figures['ece']:.1f}",
            f"{model['bytes'] / 1e6:.1f} MB",
        ]
        for name, model in models.items()
        for title, figures in model["figures"].items()
    ]
    return _table(["model", "tested on", "rows", "accuracy", "macro-F1", "F1", "ECE", "size"], rows, words=2)


def startup_table() -> str:
    """A row for each thing that a user waits for."""
    seconds: dict[str, float] = read_results("startup").get("median_seconds", {})
    rows = [[WAITS.get(name, name), f"{value:.2f}"] for name, value in seconds.items()]
    return _table(["command", "seconds"], rows)


def selection_table() -> str:
    """A row for each candidate of each corpus: its figure for each seed."""
    tasks: dict[str, Any] = read_results("selection").get("tasks", {})
    rows = []
    for name, task in tasks.items():
        seeds = task["seeds"].values()
        for candidate in next(iter(seeds))["scores"]:
            figures = ", ".join(f"{100 * seed['scores'][candidate]:.1f}" for seed in seeds)
            votes = sum(seed["best"] == candidate for seed in seeds)
            chosen = f"by {votes} of {len(seeds)} seeds" if votes else ""
            rows.append([TITLES.get(name, name), _measure(task["measure"]), candidate, chosen, figures])
    return _table(["corpus", "figure", "candidate", "chosen", "each seed"], rows, words=4)


def kim_table() -> str:
    """A row for each mode: ours beside the paper's, for each known corpus; then our defaults."""
    cells: dict[str, Any] = read_results("kim").get("cells", {})
    tasks: dict[str, Any] = read_results("accuracy").get("tasks", {})
    names = [name for name in TITLES if name in PAPER and name in cells]
    rows = [
        [mode, *(f"{mean_and_spread(cells[name].get(mode))} ({PAPER[name][number]})" for name in names)]
        for number, mode in enumerate(MODES)
    ]
    rows.append(
        [
            "our defaults",
            *(f"{mean_and_spread(tasks.get(name))} (best: {max(PAPER[name])})" for name in names),
        ]
    )
    return _table(["mode", *(TITLES[name] for name in names)], rows if names else [])


def out_of_scope_table() -> str:
    """A row for CLINC150's out-of-scope questions."""
    runs: list[dict[str, Any]] = read_results("out_of_scope").get("runs", [])
    keys = ("auroc", "accepted", "refused")
    means = [f"{100 * statistics.fmean(run[key] for run in runs):.1f}" for key in keys] if runs else []
    return _table(["AUROC", "in scope: accepted", "out of scope: refused"], [means] if runs else [], words=0)


def audit_table() -> str:
    """A row for each corpus whose labels were spoilt: how many of those found were wrong."""
    tasks: dict[str, Any] = read_results("audit").get("tasks", {})
    rows = []
    for name, task in tasks.items():
        found = [100 * run["precision"] for run in task["runs"]]
        rows.append([TITLES.get(name, name), f"{task['rows']:,}", f"{task['flipped']:,}", _spread(found)])
    return _table(["corpus", "rows", "labels flipped", "precision at recall 0.6"], rows)


def _spread(values: Sequence[float]) -> str:
    sd = f" ± {statistics.stdev(values):.0f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.0f}{sd} %"


def distillation_table() -> str:
    """A row for each fold, and their mean."""
    folds = read_results("distillation").get("folds", {})
    names = ("teacher", "without", "student")
    rows = [
        [f"fold {number}", f"{each['unlabelled']:,}", *(f"{100 * each[name]:.1f}" for name in names)]
        for number, each in folds.items()
    ]
    if folds:
        means = [statistics.fmean(100 * each[name] for each in folds.values()) for name in names]
        rows.append(["mean", "", *(f"{mean:.1f}" for mean in means)])
    head = ["MR", "unlabelled sentences", "teacher", "student without it", "student"]
    return _table(head, rows)


def training_step_table() -> str:
    """A row for each corpus and embedding dimension."""
    rows = [
        [
            TITLES.get(row["corpus"], row["corpus"]).removesuffix(", 10-fold"),
            f"{row['texts']} x {row['mean_tokens']:.0f}",
            str(row["embedding_dim"]),
            f"{row['conv1d_ms']:.1f}",
            f"{row['folded_ms']:.1f}",
            f"{row['ratio']:.1f}",
        ]
        for row in read_results("training_step").get("rows", [])
    ]
    return _table(["corpus", "texts x tokens", "D", "conv1d, ms", "folded, ms", "ratio"], rows)


def training_time_table() -> str:
    """A row for each corpus: whole runs of `textcnn train`."""
    found = read_results("training_time")
    first: dict[str, float] = found.get("first_seconds", {})
    rows = [
        [
            TITLES.get(corpus, corpus).removesuffix(", 10-fold"),
            f"{median:.1f}",
            ", ".join(f"{each:.1f}" for each in found["seconds"][corpus]),
            f"{first[corpus]:.1f}" if corpus in first else "",
            str(MOST_SECONDS[corpus]),
        ]
        for corpus, median in found.get("median_seconds", {}).items()
    ]
    return _table(["corpus", "seconds, median", "each run", "first", "at most"], rows)


def engine_table() -> str:
    """A row for each contender of each comparison: microseconds a text, and our share of them."""
    results = read_results("engine")
    if not results:
        return _table(["measured", "contender", "us a text", "textcnn / it"], [], words=2)
    parts = {"one text at a time": results["single"]}
    parts |= {f"batches of {size}": part for size, part in results["batch"].items()}
    rows = [
        [title, name, f"{value:.1f}", f"{part['ratio'][name]:.3f}" if name in part["ratio"] else ""]
        for title, part in parts.items()
        for name, value in part["microseconds"].items()
    ]
    kernel = results["kernel"]
    rows.append(["ids to logits", "textcnn", f"{kernel['textcnn']:.1f}", ""])
    eager = f"PyTorch, eager, batches of {kernel['best_batch']}"
    rows.append(["ids to logits", eager, f"{kernel['PyTorch, eager']:.1f}", f"{kernel['ratio']:.3f}"])
    return _table(["measured", "contender", "us a text", "textcnn / it"], rows, words=2)


def engine_peers_table() -> str:
    """A row for each contender: what it costs before its first answer."""
    peers: dict[str, Any] = read_results("engine").get("peers", {})
    rows = [
        [name, f"{costs['cold_start_seconds']:.2f}", f"{costs['disk_megabytes']:,.1f}"]
        for name, costs in peers.items()
    ]
    return _table(["contender", "cold start, s", "on disk, MB"], rows)


def engine_file_table() -> str:
    """A row for each command on the same file of lines."""
    file = read_results("engine").get("file", {})
    rows = [
        [name, f"{seconds:.2f}", f"{file['lines'] / seconds:,.0f}", f"{file['ratio_to_all_cores'][name]:.2f}"]
        for name, seconds in file.get("net_seconds", {}).items()
    ]
    return _table(["command", "seconds, net", "lines/s", "textcnn, all cores / it"], rows)


def memory_table() -> str:
    """A row for each way to hold the bundled model."""
    megabytes: dict[str, float] = read_results("memory").get("megabytes", {})
    return _table(["resident", "MB"], [[name, f"{value:.0f}"] for name, value in megabytes.items()])


def cluster_table() -> str:
    """A row for each way to label the same files, and one for each step of Ray's start."""
    results = read_results("cluster")
    rows = [
        [f"a row, {way}", f"{value:.1f} us"] for way, value in results.get("microseconds_per_row", {}).items()
    ]
    rows += [[f"start: {step}", f"{value:.1f} s"] for step, value in results.get("start_seconds", {}).items()]
    return _table(["what", "cost"], rows)


def evidence_table() -> str:
    """A row for what was proved, and one for each cost."""
    results = read_results("evidence")
    rows = [
        [f"{name}, a sentence", f"{value:.0f} us"] for name, value in results.get("microseconds", {}).items()
    ]
    if results:
        pairs = f"furthest from the logit over {results['pairs']:,} networks and texts, relative"
        rows.insert(0, [pairs, f"{results['largest_difference']:.0e}"])
    if http := results.get("http"):
        both = " and ".join(f"{value:.2f} ms {name}" for name, value in http["p50_ms"].items())
        rows.append([f"half of all requests over HTTP: {both} evidence; ratio", f"{http['ratio']:.2f}"])
    return _table(["what", "measured"], rows)


def faithfulness_table() -> str:
    """A row for each method: how far the score falls when it names the tokens that go, and what it costs."""
    tasks: dict[str, Any] = read_results("faithfulness").get("tasks", {})
    methods = [*dict.fromkeys(name for task in tasks.values() for name in task["methods"])]
    head, rows = ["method"], [[f"`{name}`" if name in OF_EXPLAIN else name] for name in methods]
    for title, task in tasks.items():
        head += [title, "ms a text"]
        for row, name in zip(rows, methods, strict=True):
            figures = task["methods"][name]
            row += [
                f"{figures['area']:.3f} ± {figures['error']:.3f}",
                f"{figures['milliseconds']:.1f}" if name in OF_EXPLAIN else "",
            ]
    return _table(head, rows)


def machines_table() -> str:
    """A row for each benchmark and the proof by tests: where it ran last."""
    results = {name: read_results(name) for name in (*BENCHMARKS, *BY_TESTS)}
    rows = [[name, *_machine_cells(values)] for name, values in results.items() if "machine" in values]
    head = ["benchmark", "processor", "cores", "system", "Python", "versions"]
    return _table(head, rows, words=len(head))


TABLES: dict[str, Callable[[], str]] = {
    "accuracy": accuracy_table,
    "runs": runs_table,
    "bundled": bundled_table,
    "startup": startup_table,
    "selection": selection_table,
    "distillation": distillation_table,
    "training_step": training_step_table,
    "training_time": training_time_table,
    "audit": audit_table,
    "kim": kim_table,
    "out_of_scope": out_of_scope_table,
    "engine": engine_table,
    "engine_peers": engine_peers_table,
    "engine_file": engine_file_table,
    "memory": memory_table,
    "cluster": cluster_table,
    "evidence": evidence_table,
    "faithfulness": faithfulness_table,
    "machines": machines_table,
    **SERVICE_TABLES,
}


def _table_named(name: str) -> str:
    if name not in TABLES:
        sys.exit(f"There is no table '{name}'; there are {', '.join(TABLES)}.")
    return TABLES[name]()


def _tasks() -> dict[str, Any]:
    """The measured corpora, in the order of `TITLES`."""
    tasks: dict[str, Any] = read_results("accuracy").get("tasks", {})
    known = [name for name in TITLES if name in tasks]
    return {name: tasks[name] for name in [*known, *(name for name in tasks if name not in TITLES)]}


def _mean(task: dict[str, Any], key: str) -> float:
    return statistics.fmean(run[key] for run in task["runs"])


def _measure(name: str) -> str:
    return f"F1 of `{name.removeprefix('f1:')}`" if name.startswith("f1:") else name.replace("_f1", "-F1")


def _machine_cells(results: dict[str, Any]) -> Iterator[str]:
    machine = results["machine"]
    for key in ("processor", "cores", "system", "python"):
        yield str(machine[key])
    versions = {**machine["versions"], **results.get("versions", {})}
    yield ", ".join(f"{name} {version}" for name, version in versions.items())


if __name__ == "__main__":
    main()
