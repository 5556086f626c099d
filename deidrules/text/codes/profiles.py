"""DR5xx: profiles and versions."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

TABLE: tuple[Code, ...] = (
    Code("DR501", "profile-not-found", ERROR, "The profile or its profile.yaml is not where it was looked for; nothing can be applied."),
    Code("DR502", "profile-not-yaml", ERROR, "profile.yaml cannot be read as YAML with unique keys and without aliases."),
    Code(
        "DR503",
        "profile-shape",
        ERROR,
        "profile.yaml says something the schema does not know, or leaves out what it needs. An unknown key would otherwise be a policy "
        "that silently does nothing.",
        bad="policies:\n  unlisted: remove",
        good="policies:\n  unlisted: X",
    ),
    Code(
        "DR504",
        "unlisted-missing",
        ERROR,
        "What happens to an element that no rule reaches is the most important line of a profile; it has no default.",
        bad="policies: {}",
        good="policies:\n  unlisted: X",
    ),
    Code("DR505", "recipe-not-found", ERROR, "A layer of the profile does not exist."),
    Code(
        "DR506",
        "recipe-outside-profile",
        ERROR,
        "A profile is reviewed and versioned as a folder; a recipe outside it can change without the profile changing.",
        bad="recipes:\n  - ../other/site.recipe",
        good="recipes:\n  - recipes/site.recipe",
    ),
    Code("DR507", "layer-twice", ERROR, "The same recipe twice in a stack: one of the two was meant to be another one."),
    Code(
        "DR508",
        "parameter-unknown",
        ERROR,
        "A parameter is given that no recipe of the profile declares: a typing error leaves the default in force.",
    ),
    Code("DR509", "parameter-missing", ERROR, "A recipe needs a parameter that has no default and that nobody gives."),
    Code(
        "DR510",
        "keep-private-policy",
        ERROR,
        "`keep-private` lets private elements through that nobody vouched for; it goes only with `unlisted: X` or `X/Z/D`, where the "
        "rest is closed.",
    ),
    Code(
        "DR511",
        "released-meaning-changed",
        ERROR,
        "A released version has a fingerprint; the recipes now mean something else. Outputs stamped with this version would no longer "
        "be what their stamp says. Give the profile a new version.",
    ),
    Code(
        "DR512",
        "table-unreadable",
        ERROR,
        "A lookup table is missing, lies outside the profile, or is not a two-column CSV or a JSON object of texts.",
    ),
    Code("DR513", "recipe-unreadable", ERROR, "A recipe is not UTF-8 text, or cannot be read."),
    Code("DR514", "tests-only", ERROR, "Recipes under `tests:` hold only tests; a rule there would be written and never applied."),
    Code(
        "DR530",
        "private-list-unreadable",
        ERROR,
        "A private list is missing, lies outside the profile's folder, or is no CSV with the columns of one of the three forms. A column "
        "nobody knows may be a mistyped `action`, without which every row would be cleaned.",
        bad="tag,private_creator,acton\n",
        good="tag,private_creator,action\n",
    ),
    Code(
        "DR531",
        "private-list-row",
        ERROR,
        "A row of a private list cannot be understood. It is never skipped: the element would be treated as if nobody had listed it.",
        bad='tag,private_creator,action\n"(0019,0C)",ACME 1.1,X\n',
        good='tag,private_creator,action\n"(0019,xx0C)",ACME 1.1,X\n',
    ),
    Code(
        "DR532",
        "private-list-conflict",
        WARNING,
        "Rows of one private list ask for different things of one element, as they do in lists that tell elements apart by VR. What leaves "
        "less counts.",
    ),
)
