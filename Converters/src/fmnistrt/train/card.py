"""The model card that a finished training leaves beside its checkpoint."""

from __future__ import annotations

from fmnistrt.data import LABELS

from .recipes import Neighbours, Recipe, Vectors

TEMPLATE = """# {recipe}: model card

{summary}.
Input: 28x28 gray pixels, light garment on black, 0 to 255, divided by 255. Output: ten
probabilities.

**Test accuracy {accuracy:.2%}** was measured once, on the {data} of {tested} pictures, with the
epoch that was best on the validation split ({validation_accuracy:.2%} there).

| | |
|---|---|
| data | {training} training and {validation} validation pictures, split at random by class |
| augmentation | horizontal flip (p 0.5), random erasing (p 0.5, 2 to 40 % of the area) |
| optimiser | Adam, batches of {batch}, one epoch of warm-up to {rate:g}, then cosine decay |
| epochs | {epochs}, epoch {kept} kept |
| arithmetic | {precision}, checkpoint in float32 |
| parameters | {parameters:,} |
| command | `{command}` |

| class | precision | recall | F1 | pictures |
|---|---|---|---|---|
{rows}

{limits}- Probabilities are not calibrated beyond what training by cross-entropy gives.
"""

LIMITS = """## Limits

- The training pictures are studio shots of single garments, cut out, centred and shrunk by one
  fixed procedure. Other pictures are only as good as their fit to it: a plain background, one
  garment, all of it in view, unfolded.
- There is no class for "anything else": a face or a car is called one of the ten, sometimes with a
  high probability.
- Shirt, T-shirt/top, pullover and coat are hard to tell apart at 28x28, for people too.
"""

NEIGHBOURS = """# knn: model card

{summary}.
Input: 28x28 gray pixels, light garment on black, 0 to 255. Output: for each of ten classes, the
share of the {k} nearest training pictures ({metric} distance) that have it.

**Test accuracy {accuracy:.2%}** was measured on the {data} of {tested} pictures, with the library.

| | |
|---|---|
| data | {training} training pictures, all of them stored in the model |
| training | none |
| command | `fmnist-train knn --k {k} --metric {metric}` |

| class | precision | recall | F1 | pictures |
|---|---|---|---|---|
{rows}

{limits}- Shares are multiples of 1/{k}, not calibrated probabilities.
"""

VECTORS = """# svc: model card

{summary}.
Input: 28x28 gray pixels, light garment on black, 0 to 255, divided by 255. Output: for each of ten
classes, how many of the nine others it is preferred to. Of classes with equally many votes the
first is the answer.

**Test accuracy {accuracy:.2%}** was measured once, on the {data} of {tested} pictures, with the
library. scikit-learn gives the same class for {agreement}.

| | |
|---|---|
| data | {training} training and {validation} validation pictures, drawn at random by class |
| projection | PCA to {components} components, {variance:.0%} of the variance |
| classifier | SVC, RBF kernel, C {penalty:g}, gamma {gamma:g}, {vectors:,} support vectors |
| validation | {validation_accuracy:.2%}; the best of {tried} settings had {best_accuracy:.2%} |
| arithmetic | projection and vectors rounded to half precision before training, so exact here |
| command | `fmnist-train svc --images {images} --seed {seed}` |

| class | precision | recall | F1 | pictures |
|---|---|---|---|---|
{rows}

{limits}- Votes are no probabilities.

Of the settings whose validation accuracy is within one standard error of the best, this is the one
with the fewest support vectors.
"""


def _test_results(recipe: Recipe | Neighbours | Vectors, figures: dict) -> dict:
    """What the cards of all kinds of recipes say in the same words."""
    test = figures["test_report"]
    rows = [
        f"| {name} | {row['precision']:.2%} | {row['recall']:.2%} | {row['f1-score']:.2%} "
        f"| {row['support']:.0f} |"
        for name in (*LABELS, "macro avg", "weighted avg")
        for row in [test[name]]
    ]
    return {
        "summary": recipe.summary,
        "accuracy": figures["test_accuracy"],
        "data": "canonical test set" if figures["canonical_data"] else "given test set",
        "tested": f"{test['macro avg']['support']:,.0f}",
        "training": f"{figures['training_images']:,}",
        "rows": "\n".join(rows),
        "limits": LIMITS,
    }


def neighbours_card(recipe: Neighbours, figures: dict) -> str:
    """Markdown from the figures of report.json."""
    return NEIGHBOURS.format(
        k=figures["k"], metric=figures["metric"], **_test_results(recipe, figures)
    )


def vectors_card(recipe: Vectors, figures: dict) -> str:
    """Markdown from the figures of report.json."""
    tested = figures["test_report"]["macro avg"]["support"]
    same = "all of them" if figures["agreement"] == 1 else f"{figures['agreement'] * tested:,.0f}"
    names = ("components", "penalty", "gamma", "vectors", "validation_accuracy", "best_accuracy")
    return VECTORS.format(
        agreement=same,
        validation=f"{figures['validation_images']:,}",
        variance=recipe.variance,
        tried=figures["tried"],
        images=figures["training_images"],
        seed=figures["seed"],
        **{name: figures[name] for name in names},
        **_test_results(recipe, figures),
    )


def model_card(recipe: Recipe, figures: dict) -> str:
    """Markdown from the figures of report.json."""
    return TEMPLATE.format(
        recipe=recipe.name,
        validation_accuracy=figures["validation_accuracy"],
        validation=f"{figures['validation_images']:,}",
        batch=figures["batch"],
        rate=figures["learning_rate"],
        epochs=figures["epochs"],
        kept=figures["kept_epoch"],
        precision=figures["precision"],
        parameters=figures["parameters"],
        command=f"fmnist-train {recipe.name} --epochs {figures['epochs']} "
        f"--batch {figures['batch']} --learning-rate {figures['learning_rate']:g} "
        f"--seed {figures['seed']} --precision {figures['precision']}",
        **_test_results(recipe, figures),
    )
