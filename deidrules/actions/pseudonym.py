"""pseudonym: a readable token that only the key links to its subject."""

from __future__ import annotations

from collections.abc import Mapping

from deidrules.actions.arguments import out_of_range, text_of, whole, whole_number
from deidrules.actions.base import Context, Example, Level, function
from deidrules.text.refusal import Refusal

# Letters and digits that nobody takes for one another: no I and 1, no O and 0
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

SHORTEST, LONGEST = 4, 64
DISTINCT = 10**6  # fewer pseudonyms than this, and two patients soon share one


def _complaint(alphabet: str) -> str | None:
    if len(set(alphabet)) != len(alphabet):
        return "`alphabet` holds a character twice"
    if len(alphabet) < 2:
        return "`alphabet` needs two characters at least"
    if any(not character.isprintable() or character in "\\^= " for character in alphabet):
        return "`alphabet` may not hold blanks, control characters, `\\`, `^` or `=`"
    return None


def _check(constants: Mapping[str, object]) -> str | None:
    complaint = out_of_range(constants, "length", SHORTEST, LONGEST)
    alphabet = str(constants.get("alphabet", "")) or ALPHABET
    complaint = complaint or _complaint(alphabet)
    if complaint is None and len(alphabet) ** (whole_number(constants.get("length", 16)) or LONGEST) < DISTINCT:
        return "`length` and `alphabet` give fewer than a million pseudonyms, and two patients may get the same one"
    return complaint


@function(
    leaves=Level.TOKEN,
    keyed="subject",
    # What only keys the token leaves a token of what it reads; the others show in the text itself.
    arguments={"purpose": Level.TOKEN, "length": Level.PART, "prefix": Level.ALL, "alphabet": Level.ALL, "missing": Level.ALL},
    examples=(
        Example("D PatientID = pseudonym()", {"PatientID": "4711"}, pattern={"PatientID": "[A-HJ-NP-Z2-9]{16}"}),
        Example(
            'D PatientName = pseudonym(PatientID, purpose: "name", length: 8, prefix: "P-")',
            {"PatientName": "DOE^JANE", "PatientID": "4711"},
            pattern={"PatientName": "P-[A-HJ-NP-Z2-9]{8}"},
        ),
        Example('D PatientID = pseudonym(length: 10, alphabet: "0123456789")', {"PatientID": "4711"}, pattern={"PatientID": "[0-9]{10}"}),
        Example('D PatientID = pseudonym(missing: "NO ID")', {"PatientID": ""}, {"PatientID": "NO ID"}),
    ),
    check=_check,
)
def pseudonym(
    context: Context,
    subject: object,
    *,
    purpose: str = "",
    length: int = 16,
    prefix: str = "",
    alphabet: str = "",
    missing: str | None = None,
) -> str:
    """A pseudonym of `length` characters (4 to 64) of `alphabet` (unless given: capital letters and digits without I, O, 0 and 1), behind
    `prefix`. The same subject, `purpose` and key always give the same one; another purpose or another key gives one that nobody can
    link to it without the key. The subject is compared trimmed. When it is absent or empty the instance is quarantined, or `missing` is
    the result."""
    letters = text_of(alphabet) or ALPHABET
    characters = whole(length, SHORTEST, LONGEST)
    name = text_of(subject)
    if not name or _complaint(letters) is not None:
        raise Refusal("bad-argument")
    number = context.keys.number("pseudonym", text_of(purpose), name, below=len(letters) ** characters)
    out = []
    for _ in range(characters):
        number, place = divmod(number, len(letters))
        out.append(letters[place])
    # A prefix is a text of the recipe: its blanks are meant.
    return (prefix if isinstance(prefix, str) else text_of(prefix)) + "".join(out)
