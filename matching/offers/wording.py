"""Words of an offer that name a prohibited criterion, found in context.

A list of words alone would stop "personnes âgées", "jeunes enfants" or "centre de santé". So most rules
ask *who* the words are about: the nearest cue before them in the sentence says whether somebody is being
looked for ("recherche", "vous êtes", "profil") or looked after ("auprès de", "accueil", "rayon").

Masculine titles alone are not stopped: French uses them for everybody. Feminine ones, and "homme" or
"femme" as the person looked for, are, unless the text says it is open to both ("H/F").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from matching.terms import Labelled


class Ground(Labelled):
    """The protected ground a text mentions."""

    AGE = "age", "Âge"
    SEX = "sex", "Sexe"
    FAMILY = "family", "Situation de famille"
    PREGNANCY = "pregnancy", "Grossesse"
    ORIGIN = "origin", "Origine ou nationalité"
    RELIGION = "religion", "Religion"
    HEALTH = "health", "État de santé"
    DISABILITY = "disability", "Handicap"
    APPEARANCE = "appearance", "Apparence physique"
    OPINION = "opinion", "Opinions ou activité syndicale"
    RESIDENCE = "residence", "Lieu de résidence"
    MORES = "mores", "Mœurs ou orientation sexuelle"
    ECONOMIC = "economic", "Situation économique"


GENERAL_ARTICLE = "Code du travail, L5321-2 et L1132-1"
SEX_ARTICLE = "Code du travail, L1142-1"
AGE_LIMIT_ARTICLE = "Code du travail, L5331-2"

ADVICE: dict[Ground, str] = {
    Ground.AGE: "Dites l’expérience ou le diplôme attendus, sans âge.",
    Ground.SEX: "Ouvrez le poste à toutes et à tous : donnez les deux formes du métier, ou ajoutez H/F.",
    Ground.FAMILY: "Dites les horaires et les déplacements du poste, sans parler de la famille.",
    Ground.PREGNANCY: "Retirez cette mention. Décrivez seulement les tâches.",
    Ground.ORIGIN: "Dites le niveau de français ou les langues utiles au poste, sans origine ni nationalité.",
    Ground.RELIGION: "Retirez cette mention. Décrivez les tâches et le lieu.",
    Ground.HEALTH: "Décrivez les gestes du poste (charges, station debout) ; l’aptitude relève de la "
    "médecine du travail.",
    Ground.DISABILITY: "Décrivez les gestes du poste : des aménagements sont possibles.",
    Ground.APPEARANCE: "Dites ce que le poste demande (accueil du public, tenue fournie), sans apparence.",
    Ground.OPINION: "Retirez cette mention.",
    Ground.RESIDENCE: "Dites les horaires, les transports et le délai d’arrivée, sans lieu d’habitation.",
    Ground.MORES: "Retirez cette mention. Décrivez seulement les tâches.",
    Ground.ECONOMIC: "Retirez cette mention : elle vise la situation économique de la personne.",
}


@dataclass(frozen=True)
class Finding:
    """Words to mend: `text[start:end] == words`."""

    start: int
    end: int
    words: str
    ground: Ground
    article: str
    advice: str


# --- the text, bare and aligned with the original -----------------------------------------------------


@dataclass(frozen=True)
class _Bare:
    """The text in lower case without accents; `origin[i]` is where character i comes from."""

    text: str
    origin: tuple[int, ...]


_PLAIN = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'", "‘": "'", "ʼ": "'"}
_PLAIN |= dict.fromkeys("–—‑−", "-")


def _bare(text: str) -> _Bare:
    chars: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        opened = _PLAIN.get(char) or unicodedata.normalize("NFKD", char)
        for piece in opened.lower():
            if unicodedata.combining(piece):
                continue
            chars.append(" " if piece.isspace() and piece != "\n" else piece)
            origin.append(index)
    return _Bare("".join(chars), tuple(origin))


# --- who the words are about --------------------------------------------------------------------------

_SEEK = (
    r"recherch\w*|cherch(?:e|ons|ent|ant)|recrut\w*|embauch\w*|souhait\w*|profils?|candidat\w*|ideal\w*|"
    r"vous (?:etes|avez|serez|devez)|exige\w*|imperati\w*|obligatoire\w*|preference|uniquement|"
    r"seulement|exclusivement|reserve\w*|"
    r"poste (?:de \w+ )?pour|convien\w+|conven(?:ant|ir)|priorite|il faut|etre|besoin d|qualites"
)
_CARE = (
    r"aide a|aider|assist(?:ez|er|ance)|aides? aux|aupres d\w*|accompagn\w*|accueil\w*|"
    r"gard(?:e|er|es)\b|enfants?|public\w*|soins?|"
    r"resident\w*|residence\w*|patient\w*|beneficiaires?|usagers?|clientele|clients?|eleves?|"
    r"adolescents?|encadr\w*|anim\w*|foyers?|hebergement|rayons?|vetements?|pret-a-porter|mode|mixite|"
    r"coiffure|coupes?|chaussures?|collections?|egalite|violences?|droits?|service aux|services a|"
    r"prise en charge|surveill\w*|insertion d\w*|a destination d\w*|activites?|ateliers?|ehpad|visites?|"
    r"equipes?|entreprise|structure|societe|association|ambiance|groupes?|creche|ecoles?|college|"
    r"microcreche|periscolaire|sections?|bebes?|toilettes?|maintien a domicile|domicile d\w*|suivi d\w*|"
    r"formation d\w*|prevention|populations?|familles?|sejours?|centre\w*"
)
_CUE = re.compile(rf"\b(?:(?P<seek>{_SEEK})|(?P<care>{_CARE}))(?=\W|$)")
_SENTENCE_END = re.compile(r"[.!?;\n•]")
_ASKED_AFTER = re.compile(
    r"^[^.!?;\n]{0,25}?\b(?:souhaite|recherche|exige|demande|uniquement|seulement|exclusivement|"
    r"s'abstenir|obligatoire|de preference|imperati|requis|indispensable|privilegie|bienvenue? uniquement)"
)
_REACH = 90


def _before(text: str, start: int) -> str:
    """What precedes in the same sentence, at most `_REACH` characters."""
    piece = text[max(0, start - _REACH) : start]
    ends = [m.end() for m in _SENTENCE_END.finditer(piece)]
    return piece[ends[-1] :] if ends else piece


def _after(text: str, end: int, reach: int = 60) -> str:
    piece = text[end : end + reach]
    stop = _SENTENCE_END.search(piece)
    return piece[: stop.start()] if stop else piece


def _cue(text: str, start: int) -> str | None:
    """ "seek", "care" or None: what the nearest cue before `start` in the sentence says."""
    last = None
    for match in _CUE.finditer(_before(text, start)):
        last = match.lastgroup
    return last


def _is_asked(text: str, match: re.Match[str]) -> bool:
    """The words are about the person looked for, and something in the sentence says so."""
    cue = _cue(text, match.start())
    return cue == "seek" or (cue is None and bool(_ASKED_AFTER.match(text[match.end() :])))


def _is_not_cared_for(text: str, match: re.Match[str]) -> bool:
    """Nothing in the sentence says that the words are about people looked after, goods or places."""
    return _cue(text, match.start()) != "care"


def _always(text: str, match: re.Match[str]) -> bool:
    return True


_NEUTRAL = re.compile(
    r"\b[hfm] ?[/\-.,|] ?[hfm]\b|\( ?[hf] ?[hf] ?\)|\bhommes? ?(?:/|ou|et|-|,) ?(?:une? |les )?femmes?\b|"
    r"\bfemmes? ?(?:/|ou|et|-|,) ?(?:un |les )?hommes?\b|tous (?:les )?genres|\bmixte\b|"
    r"\bune? ?(?:/|ou) ?une?\b|\bun ?\(e\)|\bun[.·-]e\b"
)


def _not_for_both(text: str, match: re.Match[str]) -> bool:
    """A title in one form, in a text that never says it is open to both."""
    if _NEUTRAL.search(text):
        return False
    if _other_form_near(text, match):
        return False
    around = text[match.end() : match.end() + 2], text[max(0, match.start() - 3) : match.start()]
    return not ("/" in around[0] or "(" in around[0] or "/" in around[1])


def _marked(match: re.Match[str]) -> int | str:
    """The group to mark: `w` when the pattern has one that matched."""
    return "w" if match.groupdict().get("w") else 0


def _other_form_near(text: str, match: re.Match[str]) -> bool:
    """ "Assistante maternelle / Assistant maternel": the same stem on the other side of a slash or "ou"."""
    first, last = match.span(_marked(match))
    stem = re.escape(text[first:last].split()[0][:5])
    halves = text[first:last].split("-")
    if len(halves) == 2 and halves[0][:4] == halves[1][:4]:
        return True
    after = re.search(rf"(?:/|\bou\b) ?(?:une? )?{stem}", text[last : last + 60])
    before = re.search(rf"{stem}[^.!?\n]{{0,50}}(?:/|\bou\b) ?(?:une? )?$", text[max(0, first - 90) : first])
    return bool(after or before)


def _title_for_one(text: str, match: re.Match[str]) -> bool:
    return _not_for_both(text, match) and _cue(text, match.start()) != "care"


def _person_of_one_sex(text: str, match: re.Match[str]) -> bool:
    if _NEUTRAL.search(text[max(0, match.start() - 12) : match.end() + 14]):
        return False
    before = text[max(0, match.start() - 6) : match.start()]
    if before.endswith(("sage-", "sage ", "prud'", "gentil", "bon")):
        return False
    if re.match(r"s? (?:de chambre|cle)\b", text[match.end() :]) or _CLOTHES.search(before):
        return False
    return _is_asked(text, match)


_CLOTHES = re.compile(r"(?:rayon|mode|coupe) $")

# --- age ----------------------------------------------------------------------------------------------

_NUMBER = r"(?:\d{2}|vingt(?:-cinq)?|trente(?:-cinq)?|quarante(?:-cinq)?|cinquante(?:-cinq)?|soixante)"
_AGES = (
    rf"(?:(?:de )?(?:moins|plus) (?:de |d')|(?:entre|de) {_NUMBER}(?: ans)? (?:et|a) |{_NUMBER} ?[-/a] ?|"
    rf"maxi(?:mum)? |pas plus de |- de |[<>] ?|jusqu'a |age maxi(?:mum)? ?:? ?)?{_NUMBER} ans"
    r"(?: (?:maxi(?:mum)?|max|au plus|ou moins|ou plus))?\b"
)
_SPAN_AFTER = re.compile(
    r"^ ?(?:d'|de |dans |sur |en |a ce|au |comme|revolus|minimum|mini\b|au moins|et \+|qu[ei]\b|renouvel|"
    r"\(?revolus|\)? ?d'exp)"
)
_SPAN_BEFORE = re.compile(
    r"experience\w*|anciennete|permis|depuis|existe|fondee?|savoir-faire|garantie|duree|contrat|"
    r"diplome\w*|cursus|formation|il y a|pendant|leader|apres|tous les|agrement|engagement|majeur\w*|"
    r"service civique|clauses?|eligib\w*|"
    r"immeubles?|vehicules?|batiments?|logements?|machines?|apprenti\w*|alternan\w*|mission"
)
_AGE_MARK = re.compile(r"^(?:age|(?:de )?moins|(?:de )?plus|entre|de |maxi|pas plus|-|<|>|jusqu)|maxi|max|plus|moins")


# From this age on, the words are about the people helped.
_NOT_AT_WORK = 70


def _is_age_of_person(text: str, match: re.Match[str]) -> bool:
    words = match.group()
    numbers = re.findall(r"\d{2}", words)
    if numbers and not 18 <= int(numbers[-1]) < _NOT_AT_WORK:
        return False
    after = text[match.end() :]
    before = _before(text, match.start())
    if _SPAN_AFTER.match(after) or _SPAN_BEFORE.search(before.split(",")[-1][-45:]):
        return False
    if _cue(text, match.start()) == "care":
        return False
    ranged = bool(_AGE_MARK.search(words)) or len(numbers) > 1
    said = bool(
        re.search(
            r"\b(?:age\w*|personnes?|hommes?|femmes?|candidat\w*|profils?) ?(?:\(e\))? ?(?:de|d'|:|,)? ?$", before
        )
    )
    return ranged or said or bool(_ASKED_AFTER.match(after))


def _is_young_person(text: str, match: re.Match[str]) -> bool:
    before = _before(text, match.start())
    if re.search(
        r"(?:equipes?|entreprise|structure|societe|startup|start-up|ambiance|marque|maison)[\w ,]{0,20}$", before
    ):
        return False
    return _cue(text, match.start()) != "care"


_YOUNG_NOUN = (
    r"hommes?|femmes?|filles?|garcons?|diplome\w*|retraite\w*|collabora\w+|candidat\w*|personnes?|"
    r"profils?|vende\w+|serve\w+|commercia\w+|assistant\w*|employe\w*|ouvrier\w*|technicien\w*|salarie\w*|"
    r"talents?|actifs?|active|cuisinier\w*|commis|apprenti\w*|chauffeur\w*|livreu\w+|manutentionnaire\w*|"
    r"recrue\w*|secretaire\w*|stagiaire\w*|agent\w*|coiffeu\w+|mecanicien\w*|homme|dame"
)

# --- sex ----------------------------------------------------------------------------------------------

# Feminine endings of trades; the nouns that are things are taken out.
_NOT_TRADES = (
    r"premiere|carriere|matiere|derniere|maniere|lumiere|filiere|frontiere|riviere|tondeuse|pelleteuse|"
    r"nettoyeuse|moissonneuse|nombreuse|serieuse|precieuse|motrice|matrice|jeunesse|adresse|vitesse|"
    r"promesse|richesse|sagesse|souplesse|politesse|gentillesse|delicatesse|particuliere|reguliere|"
    r"journaliere|saisonniere|entiere|financiere|immobiliere|hoteliere|agriculturrice|quotidienne|"
    r"ancienne|parisienne|europeenne|heureuse|fructueuse|rigoureuse|chaleureuse|dynamique|tresse|messe|"
    r"forteresse|presse|caisse|permission|hospitaliere|betteraviere|laitiere|routiere|aerienne|italienne"
)
_FEMININE = (
    rf"(?!(?:{_NOT_TRADES})s?\b)(?:[a-z-]{{2,}}(?:euse|trice|iere|ienne|yenne)|hotesse|maitresse|assistante|"
    r"aide-soignante|aide soignante|employee|agente|gerante|remplacante|apprentie|bouchere|boulangere|"
    r"lingere|nounou|nourrice|bonne a tout faire|etudiante|commerciale|surveillante|enseignante|adjointe|"
    r"salariee|interimaire feminine|femme de menage|dame de compagnie|dame|dame de service|candidate|"
    r"consultante|soignante|gouvernante|chargee|cheffe|responsable feminine|patissiere|poissonniere)s?"
)
_EPICENE = (
    r"secretaire|auxiliaire(?: de \w+)?|receptionniste|standardiste|fleuriste|comptable|stagiaire|"
    r"aide(?: a domicile| menagere|-menagere)|baby-sitter|barmaid|femme"
)
_ONE_TITLE = (
    r"homme a tout faire|homme toutes? mains|homme d'entretien|homme de menage|homme de compagnie|"
    r"femme a tout faire|femme toutes? mains|femme d'entretien|femme de menage|dame de compagnie|"
    r"bonne a tout faire|garcon de (?:cafe|salle|course)|(?:jeune )?fille au pair|dame de service|"
    r"dame de cantine|hommes? de main|femme de service"
)
_SEEK_VERB = r"(?:recherch|cherch|recrut|embauch|souhait)\w*|besoin|poste(?: a pourvoir)?|emploi|sommes a la recherche"

# --- the table ----------------------------------------------------------------------------------------

_Condition = Callable[[str, "re.Match[str]"], bool]


@dataclass(frozen=True)
class _Rule:
    """A pattern on the bare text; the group `w`, when there is one, is what is marked."""

    ground: Ground
    pattern: re.Pattern[str]
    condition: _Condition
    article: str


def _rule(ground: Ground, pattern: str, condition: _Condition = _always, article: str = GENERAL_ARTICLE) -> _Rule:
    return _Rule(ground, re.compile(rf"(?<![\w-])(?:{pattern})"), condition, article)


_ABSTAIN = r"[^.!?;\n]{0,20}s'abstenir"
_RELIGIONS = r"(?:catholique|musulman|chretien|juif|juive|protestant|orthodoxe|bouddhiste|athee|hindou|croyant)\w*"
_NOT_INSTITUTION = (
    r"(?<!ecole )(?<!lycee )(?<!college )(?<!prive )(?<!privee )(?<!secours )(?<!enseignement )"
    r"(?<!association )(?<!presse )(?<!hopital )(?<!centre )(?<!maison )(?<!fondation )(?<!cimetiere )"
    r"(?<!etablissement )(?<!institut )(?<!groupe )(?<!communaute )(?<!federation )(?<!scolaire )"
)
_HOLD = r"(?:obligatoire|imperati|exige|uniquement|souhait|preference|indispensable|requis|s'abstenir|seulement)"
_LIVING = (
    r"(?:habit(?:er|ez|ant(?:e|\(e\)|·e)?)|resid(?:er|ez|ant(?:e|\(e\)|·e)?)|domicilie\w*|vivant|logeant|"
    r"demeurant)\b(?! (?:des? |les |en |dans les |aux? )?(?:qpv|quartiers? prioritaires?))"
)


def _not_a_priority_area(text: str, match: re.Match[str]) -> bool:
    # A post may be kept for people of a priority area: the law allows it (L1133-5).
    return not re.search(r"qpv|quartiers? prioritaires?", text[match.start() : match.end() + 60])


_PERSON_JUST_BEFORE = re.compile(r"(?:personnes?|candidat\w*|profils?|vous etes|nounou|hommes?|femmes?) ?$")


def _religious_person(text: str, match: re.Match[str]) -> bool:
    before = _before(text, match.start())
    if _PERSON_JUST_BEFORE.search(before):
        return True
    if re.search(
        r"(?:ecole|lycee|college|etablissement|association|secours|paroisse|institution)\w*[\w ,]{0,25}$", before
    ):
        return False
    return _is_asked(text, match)


def _not_of_a_thing(text: str, match: re.Match[str]) -> bool:
    before = _before(text, match.start())
    return not re.search(
        r"(?:magasin|boutique|vehicule|produit|site|batiment|vitrine|environnement)\w*[\w ,']{0,20}$", before
    )


def _not_of_a_plant(text: str, match: re.Match[str]) -> bool:
    things = r"haies?|arbres?|plante\w*|plafond|meubles?|fosse|tranchee|hauteur|murs?|cloisons?|profond\w*"
    return not re.search(things, _before(text, match.start()))


RULES: tuple[_Rule, ...] = (
    # Age
    _rule(Ground.AGE, rf"{_AGES}", _is_age_of_person, AGE_LIMIT_ARTICLE),
    _rule(
        Ground.AGE,
        r"(?:limite d'age|age (?:limite|maxi(?:mum|mal)?|souhaite|ideal|requis|exige)|"
        r"tranche d'age (?:souhaitee|ideale|recherchee))\b",
        _is_not_cared_for,
        AGE_LIMIT_ARTICLE,
    ),
    _rule(Ground.AGE, rf"jeunes? (?:et \w+ )?(?:{_YOUNG_NOUN})\b", _is_young_person),
    _rule(
        Ground.AGE,
        r"jeunes?,? (?:et |& ?)?(?:tres )?(?:dynamique|motive|sportif|sportive|enthousiaste|disponible|"
        r"ambitieu)\w*",
        _is_young_person,
    ),
    _rule(
        Ground.AGE,
        r"(?:profils?|candidat\w*|personnes?|vous etes|etre|quelqu'un de|plutot) (?:plutot |assez |un peu )?"
        r"(?P<w>jeunes?)\b(?! (?:public|enfant|parent|diplome))",
        _is_not_cared_for,
    ),
    _rule(Ground.AGE, r"(?:la|sa) (?:petite |bonne )?(?:vingtaine|trentaine|quarantaine|cinquantaine|soixantaine)\b"),
    _rule(
        Ground.AGE,
        r"(?:(?:ideal\w*|convien\w+|convenant)[^.!?;\n]{0,25}|recherch\w* (?:un |une )?|jeunes? |pre)"
        r"(?P<w>retraite)(?:\(?e?\)?s?)\b(?! compl)",
    ),
    _rule(Ground.AGE, rf"(?:seniors?|juniors?|trop ages?|personnes agees|vieux|quinqua\w*|jeunes){_ABSTAIN}"),
    _rule(Ground.AGE, r"(?:pas de|hors|sauf) (?:seniors?|jeunes|vieux|retraites)\b"),
    # Sex
    _rule(
        Ground.SEX,
        r"(?:jeunes? )?(?:hommes?|femmes?|dames?|messieurs|monsieur|filles?|garcons?)\b",
        _person_of_one_sex,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        r"(?:poste|emploi|offre|travail|mission)s? (?:\w+ )?(?:reserve|ouvert|destine|adresse)\w* "
        r"(?:uniquement |exclusivement |seulement )?(?:aux|a des|a un|a une) (?:hommes?|femmes?)\b"
        r"(?! (?:et|ou|/))",
        _always,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        r"(?:hommes?|femmes?) (?:uniquement|seulement|exclusivement|de preference|exige\w*|only)\b",
        _is_not_cared_for,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        r"(?:(?:de )?preference (?:pour )?(?:a )?(?:une?|aux|des|les)? ?|plutot (?:une? )?)(?:homme|femme)s?\b"
        r"(?! de chambre)(?! ?(?:ou|/) )",
        _always,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        r"(?:profils?|candidatures?|personnels?|equipiers?|interlocut\w+|poste|personne|emploi) "
        r"(?:uniquement |plutot |exclusivement )?(?:feminin|masculin)\w*",
        _is_not_cared_for,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        r"(?:sexe|genre) ?:? ?(?:feminin|masculin|f\b|m\b)\w*|de sexe (?:feminin|masculin)",
        _always,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        rf"(?:{_SEEK_VERB})(?: d'urgence| actuellement| urgemment| aussi| egalement)? ?:? ?"
        rf"(?:pour [^.!?;\n,]{{2,40}},? )?(?:une |des |de |d'|d'une |sa |notre |nos |ses |\d |deux |trois )?"
        rf"(?:jeune |bonne |gentille )?(?P<w>{_FEMININE})\b",
        _not_for_both,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        rf"(?:{_SEEK_VERB})(?: d'urgence)? ?:? ?(?:d')?(?P<w>une (?:bonne |jeune )?(?:{_EPICENE}))\b",
        _title_for_one,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.SEX,
        rf"(?P<w>{_FEMININE})(?: [\w'-]+){{0,4}} (?:souhaitee|recherchee|demandee|exigee|confirmee|"
        r"experimentee|qualifiee|diplomee|debutante acceptee)s?\b",
        _title_for_one,
        SEX_ARTICLE,
    ),
    _rule(Ground.SEX, rf"(?:{_ONE_TITLE})\b", _title_for_one, SEX_ARTICLE),
    # Family and pregnancy
    _rule(Ground.FAMILY, r"celibataires?\b", _is_not_cared_for, SEX_ARTICLE),
    _rule(
        Ground.FAMILY,
        r"(?:sans|pas d'|ni|non|aucun) ?(?:jeunes? )?enfants?\b(?: en bas age| a charge)?"
        r"(?! (?:ne|n'|seul|malade|dans la structure))",
        _always,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.FAMILY,
        r"(?:jeunes? )?(?:meres?|peres?|mamans?|papas?|parents?) (?:de famille|au foyer|s'abstenir)\b",
        _is_not_cared_for,
        SEX_ARTICLE,
    ),
    _rule(Ground.FAMILY, r"(?:non|pas) (?:marie|divorce|pacse)(?:\(e\)|e)?s?\b", _always, SEX_ARTICLE),
    _rule(Ground.FAMILY, r"(?:pas de|sans|aucun) (?:problemes?|soucis?|contraintes?) de garde\b", _always, SEX_ARTICLE),
    _rule(Ground.SEX, r"\((?:homme|femme)s?\)", _is_not_cared_for, SEX_ARTICLE),
    _rule(Ground.HEALTH, r"sante de fer\b"),
    _rule(Ground.APPEARANCE, r"(?:jolie|belle|charmante)s? (?:hotesse|serveuse|femme|fille|vendeuse)s?\b"),
    _rule(
        Ground.OPINION,
        r"(?:indiqu|precis|mentionn)\w+ (?:vos|votre) (?P<w>(?:opinion|conviction)s? (?:politique|syndicale)s?)",
    ),
    _rule(
        Ground.ORIGIN,
        r"(?:de )?preference (?:une? )?(?:blanc(?:he)?|noire?|asiatique|europeen|africain|maghrebin)\w*|"
        r"(?:asiatique|africain|maghrebin|antillais)\w* (?:de preference|uniquement)",
        _is_not_cared_for,
    ),
    _rule(Ground.FAMILY, r"(?:marie|divorce|pacse)(?:\(e\)|e)?s?(?: avec enfants?)?(?![\w-])", _is_asked, SEX_ARTICLE),
    _rule(Ground.HEALTH, r"(?:ne )?souffr\w+ d'aucune? \w+", _is_not_cared_for),
    _rule(
        Ground.DISABILITY,
        r"(?:ne )?conv(?:enant|ient) pas (?:a une?|aux) (?:personnes? |travailleurs? )?(?:handicap|invalid)\w*",
    ),
    _rule(Ground.APPEARANCE, r"1 ?m ?\d{2} (?:minimum|mini|maximum|exige)\w*", _not_of_a_plant),
    _rule(Ground.AGE, r"vous etes (?:\w+ ou )?(?:une? )?(?P<w>(?:jeune )?retraite)\b"),
    _rule(
        Ground.SEX,
        rf"(?P<w>{_EPICENE})(?: [a-z'-]+){{0,3}} (?:recherchee|souhaitee|demandee)s?\b",
        _title_for_one,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.FAMILY,
        r"(?:sans|libre de|aucune?) (?:toute? )?(?:charges?|contraintes?|obligations?|attaches?|"
        r"engagements?) (?:de famille|famili\w+|parental\w*)",
        _always,
        SEX_ARTICLE,
    ),
    _rule(Ground.FAMILY, r"sans attaches?\b", _always, SEX_ARTICLE),
    _rule(
        Ground.FAMILY,
        r"(?:vous etes|etre|personne|candidat\w*|situation ?:|profil) (?:non |pas )?"
        r"(?P<w>(?:marie|divorce|pacse|en couple|parent|maman|papa|veu[fv])\w*)",
        _is_not_cared_for,
        SEX_ARTICLE,
    ),
    _rule(
        Ground.FAMILY,
        r"(?:situation (?:familiale|de famille|matrimoniale)|statut marital|etat civil) ?"
        r"(?::|stable|souhaitee|a preciser|exigee|requise)",
        _always,
        SEX_ARTICLE,
    ),
    _rule(Ground.FAMILY, rf"(?:{_SEEK_VERB}) (?:un |d'un )?(?P<w>couple)\b", _always, SEX_ARTICLE),
    _rule(
        Ground.FAMILY,
        r"(?:indiqu|precis|mentionn)\w+ (?:votre |la )?(?P<w>situation (?:familiale|de famille|"
        r"matrimoniale))",
        _always,
        SEX_ARTICLE,
    ),
    _rule(Ground.PREGNANCY, r"(?:femmes? )?(?:pas|non|ni)(?: etre)? enceintes?\b|(?:femmes? )?enceintes?" + _ABSTAIN),
    _rule(
        Ground.PREGNANCY,
        r"(?:sans|pas de|ni|aucun) (?:projet |desir |souhait )?(?:de |d')?(?:grossesse|maternite|bebe|"
        r"conge (?:de )?maternite|conge parental|avoir un enfant)",
    ),
    # Origin and nationality
    _rule(
        Ground.ORIGIN,
        r"(?:de )?nationalite (?:francaise|europeenne|ue\b|fr\b|exigee|\w+aise|\w+ienne)"
        r"[ \w]{0,12}",
        _is_not_cared_for,
    ),
    _rule(
        Ground.ORIGIN,
        r"(?:francais|francaises?|europeens?|europeennes?)(?:\(e\))?(?:\(?s\)?)? (?:uniquement|seulement|"
        r"exclusivement|de souche|d'origine|de preference)",
    ),
    _rule(
        Ground.ORIGIN,
        r"(?:candidat\w*|personnes?|profils?|type|vous etes|d'origine|origine|etre|chauffeurs?|"
        r"ouvriers?|serveurs?|vendeu\w+) (?:de type |d'origine |exclusivement |uniquement )?"
        r"(?P<w>(?:europeen|maghrebin|africain|caucasien|asiatique|antillais|portugais|polonais|roumain|"
        r"arabe|black|metisse)\w*)",
        _is_not_cared_for,
    ),
    _rule(
        Ground.ORIGIN,
        r"(?:d'|leur |son |votre )?origine (?:ethnique|francaise|etrangere|europeenne|africaine|"
        r"maghrebine|asiatique)\w*(?: (?:exigee|souhaitee|uniquement))?",
        _is_asked,
    ),
    _rule(
        Ground.ORIGIN,
        r"(?:de )?langue maternelle (?:francaise|francais|exigee|obligatoire)|francais langue maternelle|"
        r"langue maternelle ?: ?francais\w*",
    ),
    _rule(
        Ground.ORIGIN,
        rf"(?:etrangers?|immigres?|gens du voyage|roms?|sans[ -]papiers|migrants?|arabes?|noirs?){_ABSTAIN}",
    ),
    _rule(
        Ground.ORIGIN,
        r"(?:pas d'|pas de|hors|sauf|non aux) ?(?:etrangers?|immigres?|gens du voyage|roms|migrants?|"
        r"arabes?|noirs|africains?|maghrebins?)\b",
    ),
    _rule(
        Ground.ORIGIN,
        r"(?:francais|parl\w+|elocution|diction|voix|oral|expression)[^.!?;\n]{0,30}"
        r"(?P<w>sans (?:aucun )?accents?)\b",
    ),
    _rule(Ground.ORIGIN, r"(?:sans|pas d'|aucun) ?accents? (?:etranger|prononce|marque|du sud|regional|africain)\w*"),
    _rule(Ground.ORIGIN, r"nee?s?(?:\(e\))? en france\b", _is_not_cared_for),
    _rule(Ground.ORIGIN, r"(?:bleu[- ]blanc[- ]rouge|bbr)\b", _is_asked),
    _rule(Ground.ORIGIN, r"(?:noms?|prenoms?) (?:a consonance|de consonance|francais\b)[ \w]{0,12}"),
    _rule(Ground.ORIGIN, r"(?:couleur de peau|peau (?:claire|blanche|noire|mate))", _is_not_cared_for),
    # Religion
    _rule(Ground.RELIGION, rf"{_NOT_INSTITUTION}{_RELIGIONS}\b", _religious_person),
    _rule(Ground.RELIGION, rf"(?:de )?(?:confession|religion) {_RELIGIONS}", _is_not_cared_for),
    _rule(
        Ground.RELIGION,
        r"(?:sans|pas de|ni|aucun|non) (?:port (?:du |de )?)?(?:voile|foulard|kippa|signes? religieu\w*|"
        r"signes? ostentatoires?)\b",
    ),
    _rule(Ground.RELIGION, r"(?:femmes? |personnes? )?(?:non |pas )voilees?\b|(?:femmes? )?voilees?" + _ABSTAIN),
    _rule(
        Ground.RELIGION, r"(?:voile|foulard|signes? religieux) (?:est |sont )?(?:interdit|non accepte|refuse|exclu)\w*"
    ),
    _rule(Ground.RELIGION, r"(?:non[ -]|pas )pratiquante?s?\b", _is_not_cared_for),
    # Health and disability
    _rule(
        Ground.HEALTH,
        r"(?:en |une |de |d'une )?(?:bonne|excellente|parfaite|tres bonne|solide) sante\b"
        r"(?! (?:des|du|de la|de l'|financiere|economique|animale))(?: (?:exigee|requise|obligatoire|indispensable))?",
        _is_not_cared_for,
    ),
    _rule(Ground.HEALTH, r"(?:bon|excellent|parfait) etat de sante\b(?! d)", _is_not_cared_for),
    _rule(
        Ground.HEALTH,
        r"(?:sans|aucun|pas (?:avoir )?de|ni) (?:gros )?(?:problemes?|soucis?|antecedents?|fragilites?|pathologies?|"
        r"maladies?|restrictions?) (?:de |du |medica\w*|d')?(?:sante|dos|medica\w*|physiques?|genou\w*|chronique\w*|"
        r"psych\w*|cardiaque\w*|ordre medical)",
    ),
    _rule(
        Ground.HEALTH,
        r"(?:sans|pas d'|aucun|peu d') ?arrets? (?:de travail|maladie)|jamais malade|"
        r"(?:personnes? )?(?:fragiles?|malades?|depressi\w+)" + _ABSTAIN,
        _is_not_cared_for,
    ),
    _rule(
        Ground.HEALTH,
        r"(?:certificat|attestation|questionnaire|bilan) (?:medical\w*|de (?:bonne )?sante)"
        r"(?: d'aptitude)? (?:a fournir|exige|obligatoire|a joindre|demande)\w*",
    ),
    _rule(Ground.HEALTH, r"ni (?:alcoolique|drogue|depressi)\w*"),
    _rule(
        Ground.DISABILITY,
        rf"(?:personnes? )?(?:handicapee?s?|en situation de handicap|rqth|travailleurs? handicapes?|"
        rf"invalides?){_ABSTAIN}",
    ),
    _rule(
        Ground.DISABILITY,
        r"(?:sans|pas de|ni|aucun|hors) (?:reconnaissance )?(?:handicap\w*|rqth|travailleurs? handicapes?|"
        r"personnes? handicapees?|invalidite)\b(?! (?:requis|n[e']))",
    ),
    _rule(
        Ground.DISABILITY,
        r"(?:non |pas |in)(?:accessible|ouvert|adapte|compatible)e?s?(?: \w+)? (?:aux?|avec|a une?) "
        r"(?:les |des |un |une )?"
        r"(?:personnes? (?:handicapees?|en situation de handicap|a mobilite reduite)|handicap\w*|rqth|"
        r"travailleurs? handicapes?|reconnaissance)",
    ),
    _rule(
        Ground.DISABILITY,
        r"(?:personnes?|candidats?|hommes?|travailleurs?|profil) (?:parfaitement |totalement )?valides?\b",
        _is_not_cared_for,
    ),
    # Appearance
    _rule(
        Ground.APPEARANCE,
        r"(?:(?:tres )?(?:bonne|belle)|excellente|parfaite|impeccable|irreprochable) presentation"
        r"(?: (?:exigee|souhaitee|indispensable|requise|obligatoire|physique|generale|imperative))?\b"
        r"(?! (?:des|de|du|en rayon|d'|visuelle|commerciale|orale|ecrite|produits?|aux))(?! d')",
    ),
    _rule(
        Ground.APPEARANCE,
        r"presentation (?:physique|personnelle|tres soignee|soignee|impeccable|irreprochable|"
        r"exigee|agreable|parfaite|correcte|exemplaire|excellente)\b(?! (?:des|de|du|d'))(?! d')",
        _is_not_cared_for,
    ),
    _rule(
        Ground.APPEARANCE,
        r"(?:bien|bonne) presente?r?\b(?= ?(?:[,.!;\n]|$| et| exige))|"
        r"(?:vous )?presentez bien\b(?= ?(?:[,.!;\n]|$| et))|"
        r"(?:sachant|savoir) (?:se |bien )?(?:bien )?presenter\b(?= ?(?:[,.!;\n]|$))",
    ),
    _rule(
        Ground.APPEARANCE,
        r"(?:physique|apparence|allure|look|visage|silhouette|plastique) (?:physique )?"
        r"(?:tres )?(?:agreable|soignee?|avantageu\w+|attractive?|attrayante?|elegante?|impeccable|irreprochable|"
        r"exigee?|sportive?|elancee?|jeune|feminine?|moderne|correcte?)",
        _not_of_a_thing,
    ),
    _rule(
        Ground.APPEARANCE, r"(?:belle|bonne|excellente|jolie) (?:apparence|allure|plastique|silhouette|tete)\b(?! d)"
    ),
    _rule(
        Ground.APPEARANCE,
        r"(?:jolie?s?|charmante?s?|minces?|seduisante?s?|elancee?s?|elegante?s?|sexy|corpulent\w*|"
        r"bien batie?s?|beau garcon|belle femme)\b(?! (?:terrasse|cadre|ville|maison|magasin|commune|village|"
        r"boutique|region|salle|vue|parc|jardin|etablissement|restaurant|hotel|plats?|cuisine))",
        lambda text, match: bool(
            re.search(
                r"(?:personnes?|vous etes|profils?|candidat\w*|serveu\w+|hotesses?|femmes?|hommes?|filles?|vendeu\w+)"
                r"[\w ,()']{0,25}$",
                _before(text, match.start()),
            )
        ),
    ),
    _rule(
        Ground.APPEARANCE,
        r"(?:sans|ni|pas de|aucun|non) (?:tatouages?|piercings?|barbe|surpoids|dreadlocks?|obesite)"
        r"(?: (?:ni|ou|et) (?:tatouages?|piercings?|barbe)(?: apparents?| visibles?)?| apparents?| visibles?)?",
    ),
    _rule(
        Ground.APPEARANCE,
        r"(?:tatouages?|piercings?) (?:visibles? |apparents? )?(?:interdits?|exclus?|refuses?|non acceptes?)",
    ),
    _rule(
        Ground.APPEARANCE,
        r"(?:taille|mesurer|mesurant|mesurez|faire) (?:minimum|mini|maximum|au moins|entre|plus de|:|de)? ?"
        r"(?:de |d'au moins )?(?:1 ?m(?:etre)? ?\d{2}|1[,.]\d{2} ?m\b|1\d\d ?cm)"
        r"(?: (?:minimum|mini|maximum|maxi))?",
        _not_of_a_plant,
    ),
    _rule(Ground.APPEARANCE, r"taille (?:mannequin|de guepe|fine|3[4-9]|4[0-2])(?:[ /a-]+\d{2})?\b", _is_not_cared_for),
    _rule(
        Ground.APPEARANCE,
        r"(?:photos?(?: d'identite| recente| en pied)* (?:est )?(?:obligatoire|exigee|indispensable|"
        r"imperative|a joindre|requise|souhaitee|recente exigee)|cv (?:\+|avec|et) (?:une )?photos?\b(?: obligatoire)?|"
        r"joindre (?:une )?photo\b|(?:envoye[rz]|avec) (?:votre |une )?photo\b(?= |[.,;!\n]|$)(?! des| du| de))",
        _is_not_cared_for,
    ),
    # Opinions, residence, mores, economic situation
    _rule(
        Ground.OPINION,
        r"(?:non[ -]?|pas (?:de )?|ni |sans )(?:syndique\w*|syndicalistes?|grevistes?|delegues? syndica\w*|"
        r"(?:engagement|activite|appartenance|affiliation|mandat|etiquette) (?:syndical|politique)\w*)",
    ),
    _rule(Ground.OPINION, rf"(?:syndique\w*|syndicalistes?|grevistes?|militants?){_ABSTAIN}"),
    _rule(
        Ground.OPINION,
        r"(?:opinions?|convictions?|sensibilite|idees|bord) (?:politiques?|syndicales?|de gauche|de droite|"
        r"philosophiques?)",
        _is_asked,
    ),
    _rule(
        Ground.OPINION,
        r"(?:apolitique|sympathisante?|(?:membre|adherente?|encarte\w*) (?:du|d'un|au) parti|"
        r"(?:de|etre de) (?:gauche|droite) de preference)",
        _is_asked,
    ),
    _rule(Ground.RESIDENCE, rf"{_LIVING}[^.!?;\n]{{0,60}}\b{_HOLD}\w*", _not_a_priority_area),
    _rule(
        Ground.RESIDENCE,
        r"(?:candidat\w*|personnes?|profils?|vous (?:devez|etes)|recherch\w+|preference|imperativement|"
        rf"uniquement|obligatoirement|il faut|priorite)[^.!?;\n]{{0,45}}?\b(?P<w>{_LIVING}"
        r" (?:a |sur |dans |pres |proche |en |au |aux |le |la |les |obligatoirement |imperativement )[ \w'-]{2,30})",
        _not_a_priority_area,
    ),
    _rule(
        Ground.RESIDENCE,
        r"(?:lieu de residence|lieu d'habitation|domicile|residence|logement) (?:principal |actuel )?"
        r"(?:proche|a proximite|a moins de|sur la commune|dans la commune|sur nantes|nantais|imperati\w*)"
        rf"[^.!?;\n]{{0,40}}{_HOLD}\w*",
        _not_a_priority_area,
    ),
    _rule(
        Ground.RESIDENCE,
        r"(?:\w+ais|locaux|locales|gens du (?:coin|quartier)|habitants? d\w+ [\w-]+) uniquement\b",
        lambda text, match: (
            not re.match(r"(?:francais|anglais|mais|jamais|frais|produits? locaux)", match.group())
            and not re.search(r"produits? $|circuits? $|en $", text[: match.start()])
        ),
    ),
    _rule(
        Ground.RESIDENCE,
        r"(?:pas de|hors|sauf) (?:personnes? |candidats? |gens )?(?:de la cite|du 9[0-9]|de banlieue|"
        r"des quartiers?|des cites)|"
        r"(?:etre )?(?:originaire|natif|native)s? d\w+ [\w-]+ (?:exige|souhaite|uniquement)\w*",
    ),
    _rule(Ground.MORES, r"(?:bonne|haute|parfaite) moralite|bonnes moeurs|moeurs irreprochables"),
    _rule(
        Ground.MORES,
        r"(?:non|pas|jamais)[ -]fumeu(?:r|se)s?(?:/euse|\(se\))?\b|fumeurs?" + _ABSTAIN,
        lambda text, match: (
            not re.search(
                r"(?:maison|logement|local|locaux|environnement|espace|chambre|appartement|site|domicile|zone)"
                r"[\w ]{0,15}$",
                _before(text, match.start()),
            )
        ),
    ),
    _rule(Ground.MORES, r"(?:hetero|homo|trans|bi)sexuel\w*|(?:lesbienne|gay|transgenre)s?\b", _is_asked),
    _rule(
        Ground.ECONOMIC,
        rf"(?:(?:beneficiaires?|allocataires?) du )?(?:rsa|chomeurs?|sdf|cas sociaux|assistes){_ABSTAIN}",
    ),
    _rule(
        Ground.ECONOMIC,
        r"(?:pas (?:de|d'|au)|hors|sauf|non(?: aux)?|ni) ?(?:(?:beneficiaires?|allocataires?) (?:du |au )?)?"
        r"(?:rsa|chomeurs?(?: de longue duree)?|cas socia\w+|assistes)\b",
    ),
)


def find_prohibited(text: str) -> tuple[Finding, ...]:
    """The words to mend, in the order of the text, never overlapping; empty when the text may pass."""
    bare = _bare(text)
    found: list[Finding] = []
    for rule in RULES:
        matches = rule.pattern.finditer(bare.text)
        found.extend(_finding(text, bare, rule, m) for m in matches if rule.condition(bare.text, m))
    found.extend(_single_gender_title(text, bare))
    return _without_overlap(found)


_TITLE_START = re.compile(rf"^\s*(?:une )?(?P<w>(?:{_FEMININE}|{_ONE_TITLE}))\b")
_TITLE_LENGTH = 90


def _single_gender_title(text: str, bare: _Bare) -> list[Finding]:
    """A short text that opens with a feminine trade is a title for women only."""
    match = _TITLE_START.match(bare.text)
    if match is None or len(text) > _TITLE_LENGTH or not _not_for_both(bare.text, match):
        return []
    if re.search(r"\b(?:vous|nous|est|sont|assure\w*|avez)\b", bare.text):
        return []
    rule = _Rule(Ground.SEX, _TITLE_START, _always, SEX_ARTICLE)
    return [_finding(text, bare, rule, match)]


def _finding(text: str, bare: _Bare, rule: _Rule, match: re.Match[str]) -> Finding:
    first, last = match.span(_marked(match))
    while last > first and bare.text[last - 1] in " ,:":
        last -= 1
    while first < last and bare.text[first] == " ":
        first += 1
    start, end = bare.origin[first], bare.origin[last - 1] + 1
    # A combining accent after the last letter belongs to the word.
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return Finding(start, end, text[start:end], rule.ground, rule.article, ADVICE[rule.ground])


def _without_overlap(found: list[Finding]) -> tuple[Finding, ...]:
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return tuple(kept)
