"""The words that cleaning a text needs to know, folded (lower case, no diacritics). Defines no word of the language."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A name follows. The first need no full stop to be one, the second also mean something else (MR the modality, MS the disease).
TITLES = _words("dr drs prof professor doctor mrs herr frau mme mlle miss dott dra")
DOTTED_TITLES = _words("mr ms sr sra m med")

# Stand within or behind a name, and go with it
NAME_PARTS = (
    TITLES
    | DOTTED_TITLES
    | _words("jr ii iii md phd do rn von van der den de del della di da la le el al bin ben ibn zu zur ter ten mac mc st")
)

# Words before something that identifies: nothing holds them once it is gone
CONNECTORS = _words("for by from of to on at per via with and c/o pt attn ref re für von durch vom am pour par du le para por fuer")

# Words that announce a number or an address, and go with it
LABELS = _words(
    "mrn pid id ids acc accession ssn nhs dob born birthdate no nr number tel telephone phone ph fax mobile cell mail email url web "
    "insurance policy case admission visit encounter geb gebdatum"
)
# Of these, the ones behind which even a short number is an identifier
NUMBER_LABELS = LABELS - _words("no nr number case visit born web mail email url")

# Small words and words of radiology. Where the instance knows somebody by such a name (Dr. Hand, Mr. Head), the word goes only behind a
# title or beside another part of the name.
TECHNICAL = _words(
    # two letters: modalities, projections, sides, sequences, units
    "ct mr us pt nm dx cr mg xa rf sr dr ap pa lt rt ax in on of to by at as is it or an no do go up we he me my so if be am "
    "iv im ii iii ir te ti tr fa wl ww kv ma dw pd fs se ge ep cv gm tb mm cm ms kg ml hz re co ca ra la sa "
    "and the for with from per via not new old off out all any one two "
    # parts of the body
    "abdomen ankle arm back body bone brain breast cheek chest chin ear elbow eye face femur finger foot forearm hand head heart heel "
    "hip jaw kidney knee leg lip liver lung lungs mouth neck nose orbit palm pelvis rib ribs sacrum shin shoulder sinus skull skin spine "
    "spleen thorax thumb thyroid tibia toe tongue tooth uterus vein vessel wrist aorta bladder bowel colon stomach cervical lumbar "
    "thoracic "
    # how it is looked at
    "axial coronal sagittal lateral oblique left right bilateral upper lower portable supine prone erect standing view views image "
    "images scan scout series study screen contrast enhanced without plain routine complete limited follow check stat protocol phase flow "
    "pain mass perfusion diffusion whole angle band bolus dose echo gate gated motion noise pulse slice spin swallow tone wave normal fat "
    "water air"
)

# Words of every day that are names as often: such a name also goes behind "for", "by", "patient", …
EVERYDAY = _words(
    "may rose long short low high small large little young good best white black brown green gray grey blue red light bright field fields "
    "page post price rich sharp strong early late north south east west case home house hall day"
)
NAME_FOLLOWS = _words("for by from patient pt name per to von fuer pour")

ORDINARY = TECHNICAL | EVERYDAY

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jaenner janvier enero ene gennaio gen janeiro januari",
            "feb february februar fevrier fev febrero febbraio fevereiro februari",
            "mar march maerz marz mrz mars marzo marco maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august aout agosto ago augustus",
            "sep sept september septembre septiembre settembre set setembro",
            "oct october okt oktober octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dez dezember decembre diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}

# Months that are other words too: a number behind them makes no date of them without a year
DOUBTFUL_MONTHS = _words("mar march may mai mag mars sep set dec out ago gen ene dic jan mei")
