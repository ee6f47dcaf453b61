"""Invented names and the patterns of working life that the demonstration draws from."""

from __future__ import annotations

from matching.terms import ContractKind, OrganisationKind

GIVEN_NAMES = tuple(
    "Agathe Ahmed Aïcha Alban Aline Amadou Amina Anaïs Andreï Angèle Antoine Awa Baptiste Bérénice Bintou Bruno "
    "Camille Carole Cédric Céline Chloé Clément Corentin Dalila Damien Daouda David Denise Djamila Élodie Émile "
    "Enzo Esma Fabien Fanta Farid Fatou Félix Flore Florian Gaëlle Gaston Ghislaine Gwenaël Hakim Hélène Hugo "
    "Ibrahim Inès Irina Ismaël Jeanne Jérôme Joëlle Jordan Josiane Kader Karine Kevin Khadija Lamine Laurence Léa "
    "Liliane Loïc Louisa Luc Madeleine Mahmoud Maïwenn Malika Marc Mariam Marius Maryse Mehdi Mélanie Mickaël "
    "Mireille Moussa Nadège Nassim Natacha Noémie Nolwenn Oksana Olivier Oumar Pascal Paul Paulette Quentin "
    "Rachida Raphaël Régine Rémi Rosa Sabrina Salif Samira Sandrine Sébastien Selma Serge Sofiane Solène Soraya "
    "Steeve Sylvain Tatiana Thérèse Théo Tiphaine Valentin Vanessa Viktor Violette Wassim Yann Yasmina Yolande "
    "Yves Zoé".split()
)
FAMILY_NAMES = tuple(
    "Abgrall Achour Allanic Amrouche Aubineau Bachelot Bakari Baudry Belhadj Bellanger Benoist Bertho Besson "
    "Bidault Bouaziz Bourdais Brossard Cadoret Camara Caradec Chauvelin Chenu Cissé Coquelin Cordeau Coulibaly "
    "Daligault Danet Delaunay Derouet Diarra Diop Doucet Drouin Dubreil Durand-Maillet Elhamri Evrard Fofana "
    "Forget Fouquereau Gaborieau Garnaud Gauvrit Geffray Glémain Gombert Guéguen Guihard Haddad Hamon Hervouet "
    "Ibanez Ivanov Jarnoux Josso Kaba Kergoat Kone Lagarde Lambert-Roy Larcher Lebreton Lecuyer Legal Lemasson "
    "Lescop Loirat Lucas-Blin Mabire Mahé Marchadour Martel-Roux Mazouz Menand Merlet Meziane Minaud Moreira "
    "Morvan Nassiri Ndiaye Nicolaïdis Oger Orlov Ouedraogo Papin Pennec Perraudeau Petrov Pichaud Plumejeau "
    "Poirier Popescu Quéméner Rabiller Rahmouni Raguideau Renaudin Ricordel Rondeau Rousselot Sagna Saliou "
    "Santerre Sauvaget Seghir Silva Sorin Tanguy-Lebrun Tessier Thomelin Touré Traoré Trichet Urvoy Vasseur "
    "Viaud Vrignaud Weber-Colas Yahiaoui Yvon Zerrouki".split()
)

UNITS = (
    ("NA", "Unité emploi Nantes Loire", "44109"),
    ("SN", "Unité emploi Estuaire", "44184"),
    ("AN", "Unité emploi Pays d’Ancenis", "44003"),
)

ORGANISATIONS: tuple[tuple[str, OrganisationKind], ...] = (
    ("Les Quais Logistique", OrganisationKind.COMPANY),
    ("Brasserie du Port d’Attache", OrganisationKind.COMPANY),
    ("Maraîchers des Deux Rives", OrganisationKind.COMPANY),
    ("Atelier Bois et Toiture", OrganisationKind.COMPANY),
    ("Propreté Ligérienne", OrganisationKind.COMPANY),
    ("Résidence Les Glycines", OrganisationKind.ASSOCIATION),
    ("Aide à Domicile du Sillon", OrganisationKind.ASSOCIATION),
    ("Cuisine Centrale des Rives", OrganisationKind.LOCAL_AUTHORITY),
    ("Ville de Clairebourg", OrganisationKind.LOCAL_AUTHORITY),
    ("Communauté de communes du Val d’Erdrine", OrganisationKind.LOCAL_AUTHORITY),
    ("Collèges du Département", OrganisationKind.DEPARTEMENT),
    ("Chantier des Marais", OrganisationKind.ACI),
    ("Jardins de la Gerbe", OrganisationKind.ACI),
    ("Recyclerie de l’Estuaire", OrganisationKind.ACI),
    ("Nova Intérim Insertion", OrganisationKind.ETTI),
    ("Passerelle Intérim", OrganisationKind.ETTI),
    ("Entraide Services", OrganisationKind.AI),
    ("Coup de Main 44", OrganisationKind.AI),
    ("Bâti Solidaire", OrganisationKind.EI),
    ("Net Avenir", OrganisationKind.EI),
    ("Tri Ouest", OrganisationKind.EI),
    ("Vélos d’Ici", OrganisationKind.EITI),
    ("GEIQ Bâtiment Ouest", OrganisationKind.GEIQ),
    ("GEIQ Propreté Atlantique", OrganisationKind.GEIQ),
    ("Atelier Adapté de l’Isac", OrganisationKind.EA),
    ("Adapt Intérim", OrganisationKind.EATT),
    ("ESAT des Trois Moulins", OrganisationKind.ESAT),
    ("La Fabrique du Quartier", OrganisationKind.EBE),
    ("Transports Grand Large", OrganisationKind.COMPANY),
    ("Super des Halles", OrganisationKind.COMPANY),
    ("Hôtel de la Rade", OrganisationKind.COMPANY),
    ("Conserverie de la Côte", OrganisationKind.COMPANY),
    ("Électricité Bocage", OrganisationKind.COMPANY),
    ("Peinture et Façades Morvannes", OrganisationKind.COMPANY),
    ("Garage des Remparts", OrganisationKind.COMPANY),
    ("Boulangerie Aux Deux Épis", OrganisationKind.COMPANY),
    ("Clinique du Bois Joli", OrganisationKind.COMPANY),
    ("Sécurité Ouest Veille", OrganisationKind.COMPANY),
    ("Crèche Les Petits Galets", OrganisationKind.ASSOCIATION),
    ("Blanchisserie Blanc Nuage", OrganisationKind.COMPANY),
)

# Occupation, and how many of ten offers and goals go there: what such services really place people in.
OCCUPATIONS: tuple[tuple[str, int], ...] = (
    ("K2204", 9), ("K2205", 3), ("G1602", 5), ("G1605", 5), ("G1603", 4), ("G1803", 4), ("K1302", 5), ("K1304", 5),
    ("J1301", 4), ("N1103", 6), ("N1101", 4), ("N1105", 5), ("N4105", 3), ("H3302", 4), ("H2102", 2), ("H2909", 3),
    ("A1203", 5), ("A1414", 2), ("A1402", 3), ("F1703", 3), ("F1704", 5), ("F1606", 3), ("F1602", 2), ("F1702", 2),
    ("D1505", 3), ("D1507", 4), ("D1106", 3), ("G1501", 4), ("K2304", 3), ("K2303", 2), ("K2503", 2), ("M1601", 2),
    ("M1607", 2), ("K1303", 2), ("I1203", 2), ("N4101", 2), ("J1501", 2), ("H2913", 1), ("I1604", 1), ("K2501", 1),
)  # fmt: skip

# Which certificate an occupation asks, and how strictly: (occupation, fact, essential).
CERTIFICATES: dict[str, tuple[tuple[str, bool], ...]] = {
    "N1101": (("caces_r489_3", True),),
    "N1103": (("caces_r489_1", False),),
    "N4101": (("licence_c", True), ("fimo", True)),
    "N4105": (("licence_b", True),),
    "G1602": (("haccp", False),),
    "G1603": (("haccp", False),),
    "J1501": (("deas", True),),
    "K1302": (("deaes", False), ("licence_b", False)),
    "K1304": (("licence_b", False),),
    "K2503": (("cqp_aps", True),),
    "F1602": (("electrical_clearance", True),),
    "F1702": (("aipr", False),),
    "K1303": (("cap_petite_enfance", False),),
    "A1203": (("licence_b", False),),
    "H2913": (("welding_licence", False),),
    "F1606": (("habilitation_travail_hauteur", False),),
    "J1301": (("hygiene_training", False),),
}

# Weekly patterns: (days, windows in minutes, flags). 0 is Monday.
WEEKDAY = (0, 1, 2, 3, 4)
PATTERNS: dict[str, tuple[tuple[int, ...], tuple[tuple[int, int], ...], tuple[str, ...]]] = {
    "day": (WEEKDAY, ((510, 720), (780, 990)), ()),
    "early": (WEEKDAY, ((390, 840),), ()),
    "late": (WEEKDAY, ((780, 1230),), ()),
    "cleaning": (WEEKDAY, ((360, 540), (1020, 1170)), ("split",)),
    "restaurant": ((1, 2, 3, 4, 5), ((600, 870), (1110, 1320)), ("split", "weekend")),
    "shop": ((0, 1, 3, 4, 5), ((540, 750), (840, 1080)), ("weekend",)),
    "shifts": (WEEKDAY, ((300, 780),), ("2x8",)),
    "care": ((0, 1, 2, 4, 5), ((450, 720), (1020, 1140)), ("split", "weekend")),
    "school": ((0, 1, 3, 4), ((660, 990),), ()),
}
PATTERN_OF = {
    "K": "care", "G": "restaurant", "N": "shifts", "H": "shifts", "F": "day", "A": "early", "D": "shop", "J": "early",
    "M": "day", "I": "day",
}  # fmt: skip
PATTERN_OF_OCCUPATION = {
    "K2204": "cleaning", "K2205": "cleaning", "G1602": "day", "G1501": "early", "K1303": "late", "K2304": "early",
    "K2303": "early", "N1103": "early", "N4105": "day", "K2501": "day", "D1507": "early", "G1605": "restaurant",
}  # fmt: skip

CONTRACT_OF_KIND: dict[OrganisationKind, tuple[ContractKind, ...]] = {
    OrganisationKind.ACI: (ContractKind.INSERTION_FIXED_TERM,),
    OrganisationKind.EI: (ContractKind.INSERTION_FIXED_TERM,),
    OrganisationKind.AI: (ContractKind.INSERTION_FIXED_TERM, ContractKind.FIXED_TERM),
    OrganisationKind.ETTI: (ContractKind.TEMPORARY_AGENCY,),
    OrganisationKind.EATT: (ContractKind.TEMPORARY_AGENCY,),
    OrganisationKind.GEIQ: (ContractKind.PROFESSIONAL_TRAINING, ContractKind.APPRENTICESHIP),
    OrganisationKind.EBE: (ContractKind.PERMANENT,),
    OrganisationKind.LOCAL_AUTHORITY: (ContractKind.FIXED_TERM, ContractKind.AIDED_CONTRACT),
    OrganisationKind.DEPARTEMENT: (ContractKind.FIXED_TERM, ContractKind.AIDED_CONTRACT),
}
USUAL_CONTRACTS = (ContractKind.PERMANENT, ContractKind.FIXED_TERM, ContractKind.FIXED_TERM, ContractKind.SEASONAL)

SENTENCES = (
    "Ponctuelle et appliquée, à l’aise en équipe.",
    "Cherche un poste stable près de chez elle.",
    "Aime le travail bien fait et apprend vite.",
    "A déjà tenu un poste physique plusieurs mois.",
    "Disponible tout de suite, motivation intacte.",
)
