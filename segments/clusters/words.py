"""What a clustering says in everyday words: is it real, why this number, what speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.templatetags.crm_format import number, percent
from segments.numerics.preparing import SKEWED
from segments.numerics.stability import band

METHODS: dict[str, str | Promise] = {
    "kmeans": gettext_lazy("K-Means"),
    "hierarchical": gettext_lazy("Hierarchical (Ward)"),
    "gmm": gettext_lazy("Gaussian mixture"),
    "dbscan": gettext_lazy("DBSCAN"),
    "hdbscan": gettext_lazy("HDBSCAN"),
}
SCALINGS: dict[str, str | Promise] = {
    "none": gettext_lazy("as they are"),
    "standard": gettext_lazy("by their usual spread"),
    "robust": gettext_lazy("by their middle half"),
}
BANDS: dict[str, tuple[str | Promise, str]] = {  # Words, and the colour that goes with them.
    "unstable": (gettext_lazy("unstable"), "red"),
    "doubtful": (gettext_lazy("doubtful"), "orange"),
    "stable": (gettext_lazy("stable"), "green"),
    "very_stable": (gettext_lazy("very stable"), "green"),
}
STEPS: dict[str, str | Promise] = {
    "features": gettext_lazy("Describing customers"),
    "clustering": gettext_lazy("Trying numbers of clusters"),
    "evidence": gettext_lazy("Measuring how well they fit"),
    "stability": gettext_lazy("Finding the clusters again in samples"),
    "explaining": gettext_lazy("Looking for a rule for each cluster"),
    "keeping": gettext_lazy("Keeping the result"),
}
TINY = 0.02  # A smallest cluster below this share argues against a number.
DENSE = ("dbscan", "hdbscan")
FEWEST_TO_JUDGE = 50  # Below it even customers without groups fall into tight ones by luck.
type Label = Callable[[str], str]


def stability_words(value: float | None) -> tuple[str, str]:
    if value is None:
        return "", ""
    words, colour = BANDS[band(value)]
    return str(words), colour


def verdict(result: dict[str, Any]) -> tuple[str, str]:
    """Whether the clusters are real, in a sentence or two, and its colour."""
    stability = result.get("stability")
    if not stability:
        return "", ""
    if result["k"] == 1:
        return _("There is only one group: everybody else is scattered around it."), "warning"
    if too_few(result):
        text = ngettext(
            "%(count)d customer is too few to judge whether these groups are real."
            " Take them as an idea, and look again when there are %(fewest)d or more.",
            "%(count)d customers are too few to judge whether these groups are real."
            " Take them as an idea, and look again when there are %(fewest)d or more.",
            result["customers"],
        )
        return text % {"count": result["customers"], "fewest": FEWEST_TO_JUDGE}, "info"
    if not stability["is_real"]:
        return (
            _(
                "These clusters are not real groups. Customers without any groups would be divided"
                " just as well, so the borders are arbitrary. Do not plan campaigns on them."
            ),
            "danger",
        )
    bands = [band(one) for one in stability["clusters"]]
    shaky = sum(one in {"unstable", "doubtful"} for one in bands)
    if shaky == 0:
        text = _("The clusters are real: in %(times)d samples of your customers they were found again.")
        return text % {"times": stability["times"]}, "success"
    text = ngettext(
        "%(count)d of %(k)d clusters was not found again reliably; see its stability below.",
        "%(count)d of %(k)d clusters were not found again reliably; see their stability below.",
        shaky,
    )
    return text % {"count": shaky, "k": result["k"]}, "warning"


def too_few(result: dict[str, Any]) -> bool:
    """Whether nothing was shown only because there are so few; what was shown with few stands."""
    stability = result.get("stability")
    return bool(stability and not stability["is_real"] and result["customers"] < FEWEST_TO_JUDGE)


def quality(silhouette: float) -> str:
    if silhouette >= 0.5:
        return _("The clusters stand clearly apart.")
    if silhouette >= 0.25:
        return _("The clusters can be told apart, with people in between.")
    return _("The clusters flow into each other: take them as a help to think, not as a fact.")


def reason(result: dict[str, Any]) -> str:
    """Why there are that many."""
    values = {"k": result["k"], "best": result["by_silhouette"], "elbow": result["by_elbow"]}
    if result.get("method") in DENSE:
        text = ngettext("%(k)d dense place was found.", "%(k)d dense places were found.", result["k"])
        return text % values
    by_bic = result.get("by_bic")
    if by_bic is not None and max(2, by_bic) == result["k"]:
        return _("%(k)d clusters: with this number the mixture explains most for its size (BIC).") % values
    if result["by_silhouette"] != result["k"] and result.get("is_auto"):
        text = _(
            "%(k)d clusters: the number that stands apart best among those that are real. %(best)d would"
            " stand apart more, but customers without any groups would be divided just as well."
        )
        return text % values
    if result["by_silhouette"] != result["k"]:
        return (
            _("%(k)d clusters, because you asked for it. They would stand apart best with %(best)d.") % values
        )
    if result["by_silhouette"] == result["by_elbow"]:
        return (
            _("%(k)d clusters: with this number they stand apart best, and the elbow says the same.") % values
        )
    return (
        _("%(k)d clusters: with this number they stand apart best. The elbow would say %(elbow)d.") % values
    )


def against(result: dict[str, Any]) -> list[str]:
    """What argues against the number of clusters."""
    rows = {row["k"]: row for row in result["evidence"]}
    own = rows.get(result["k"])
    if own is None or "davies_bouldin" not in own:
        return []
    found = []
    if len(rows) > 1:
        low = min(rows.values(), key=lambda row: row["davies_bouldin"])["k"]
        high = max(rows.values(), key=lambda row: row["calinski_harabasz"])["k"]
        for k, text in (
            (low, _("Davies–Bouldin would prefer %(k)d clusters.")),
            (high, _("Calinski–Harabasz would prefer %(k)d clusters.")),
        ):
            if k != result["k"]:
                found.append(text % {"k": k})
    if result.get("by_bic") == 1:
        found.append(_("By BIC a single group explains the customers best."))
    if own["smallest"] < TINY:
        text = _("The smallest cluster has only %(share)s of the customers.")
        found.append(text % {"share": percent(own["smallest"], 1)})
    if own["silhouette"] < 0.25 and result["k"] > 1:
        found.append(_("The silhouette is low: many people lie between two clusters."))
    return found


def preparation(data: dict[str, Any], columns: Sequence[str], label: Label) -> list[str]:
    """What was done to each feature, and why."""
    if data["scaling"] == "none":
        return [_("The numbers were taken as they are.")]
    texts = []
    rows = zip(columns, data["log"], data["skew"], data["clipped"], strict=True)
    for column, log, skew, clipped in rows:
        if log:
            text = _(
                "%(feature)s has a long tail (skewness %(skew).1f, above %(limit).0f): its logarithm is used."
            )
            texts.append(text % {"feature": label(column), "skew": skew, "limit": SKEWED})
        if clipped:
            text = ngettext(
                "%(feature)s: %(count)s value beyond the 1st and 99th percent was pulled in.",
                "%(feature)s: %(count)s values beyond the 1st and 99th percent were pulled in.",
                clipped,
            )
            texts.append(text % {"feature": label(column), "count": number(clipped)})
    if any("=" in column for column in columns):
        texts.append(_("Categories count as yes or no for each of their values; “not known” is a value too."))
    return texts


def dropped(result: dict[str, Any], label: Label) -> list[str]:
    texts = {
        "empty": _("%(feature)s was left out: nobody has a value."),
        "same": _("%(feature)s is the same for everyone who has it, so it tells nobody apart."),
        "constant": _("%(feature)s was left out: it is the same for everyone."),
    }
    return [texts[why] % {"feature": label(name)} for name, why in result.get("dropped", {}).items()]


def settings(result: dict[str, Any]) -> list[str]:
    """How the method was set, and on how many customers it was fitted."""
    given, found = result.get("settings"), []
    if not given:
        return []
    if given["method"] == "gmm":
        kinds = {
            "full": _("each its own shape"),
            "tied": _("all the same shape"),
            "diag": _("stretched along the features"),
            "spherical": _("round"),
        }
        found.append(_("Shape of the groups: %(shape)s.") % {"shape": kinds[given["covariance"]]})
    if given["method"] == "dbscan":
        text = _("Neighbours are at most %(eps)s apart; %(count)s of them make a place dense.")
        found.append(text % {"eps": number(given["eps"], 3), "count": given["min_points"]})
    if given["method"] == "hdbscan":
        text = _("The smallest cluster has %(size)s people of the sample; %(count)s neighbours are compared.")
        found.append(text % {"size": given["min_size"], "count": given["min_points"]})
    if result["fitted_on"] < result["customers"]:
        text = _("Fitted on %(sample)s of %(all)s customers; everyone else was assigned.")
        values = {"sample": number(result["fitted_on"]), "all": number(result["customers"])}
        found.append(text % values)
    return found
