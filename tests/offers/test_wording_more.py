"""More real wordings, written after the rules: each must stop, or must pass."""

from __future__ import annotations

import pytest

from matching.offers.wording import find_prohibited

MUST_STOP = """\
Recherche serveuse pour restaurant à Nantes
Cherche femme de ménage 3h par semaine
Nous recrutons des hôtesses de caisse souriantes
Âge : 25-35 ans
Vous avez entre 18 et 26 ans
Agent de sécurité homme, 1m80 minimum
Agent de sécurité de sexe masculin
On recherche quelqu'un de jeune et motivé
Recherche un jeune homme sérieux pour le bricolage
Recherche un jeune diplômé en comptabilité
Poste idéal pour un retraité
Pas plus de 50 ans
Débutant ou confirmé, 20/30 ans
Excellente présentation indispensable
Présentation soignée, sens du contact
Très bonne présentation
Vous avez une bonne présentation et le sens du service.
Physique avantageux
Sans tatouages apparents ni piercings
Joindre une photo
Être de nationalité française ou européenne
De nationalité française
Candidats d'origine française uniquement
Français de souche
Pas d'étrangers
Personne sans charge de famille
Marié(e) avec enfants souhaité
Jeune maman s'abstenir
Ne pas être enceinte
Vous n'êtes pas enceinte et n'avez pas de projet d'enfant
Être en parfaite santé physique
Personne ne souffrant d'aucune maladie
Pas de problèmes de santé
Bonne santé exigée
Excellente condition physique et bon état de santé
Poste ne convenant pas à une personne handicapée
Pas de travailleurs handicapés
Habiter impérativement Nantes ou sa périphérie
Candidat habitant à proximité de Rezé
Résider dans le quartier obligatoire
Nantais uniquement
Pas de syndicaliste
Sans appartenance syndicale
Chrétien pratiquant de préférence
De confession musulmane
Le port du voile est interdit
Homme 30-45 ans avec expérience
H ou F mais de préférence une femme
Femme uniquement
Recherche homme fort pour déménagement
Recherche maçon, homme robuste
Personne dynamique, moins de 40 ans
jeune fille au pair
Nous cherchons une nounou pour nos deux enfants
Assistante de direction
Secrétaire médicale confirmée recherchée
Vous êtes une femme dynamique
Vous êtes un homme de terrain
Vous êtes senior ou retraité et cherchez un complément
Réservé aux moins de 26 ans
Âge souhaité : 30 ans
Candidature de moins de 25 ans privilégiée
Casting vendeuses : taille 36/38
De type européen
Maman au foyer cherchant un complément
Candidat(e) sans enfants
Bonne moralité exigée
vigoureux et en bonne forme, pas d'arrêts maladie
Recherchons un couple marié
Nous recherchons des hommes pour travaux de manutention
Cherchons jeunes motivés pour vendanges
Idéalement âgé de 25 à 35 ans, vous avez le goût du terrain
Nous recherchons un(e) jeune commercial(e) dynamique
Pour compléter notre équipe, nous cherchons des jeunes de 18 à 25 ans
Moins de 26 ans exigé
Limite d'âge : 40 ans
Vous avez moins de 30 ans
Nous recherchons une assistante administrative
Recrute caissière temps partiel
Recherchons aide-soignante de nuit
Poste de secrétaire pour femme dynamique
Recherche homme avec permis C
Poste convenant à une femme
Travail réservé à des hommes, port de charges lourdes
Recherche nourrice agréée disponible
Cherche dame pour garder ma mère
Candidature féminine souhaitée
Bonne présentation et élocution
Belle présentation, sourire
Une bonne présentation est indispensable
Présentation impeccable
Jolie hôtesse pour salon
Hôtesses élancées, 1m75 minimum
Apparence soignée exigée
Envoyer CV + photo
Tatouages visibles interdits
Célibataire et mobile
Disponible, sans attache familiale
Non marié
Précisez votre situation familiale
Français(e) uniquement
Nationalité européenne exigée
Sans accent étranger
Né en France
Personne d'origine européenne
Catholique pratiquant souhaité
Femme non voilée
Signes religieux interdits
Bon état de santé
Santé de fer
Ne pas avoir de problèmes de dos
Aucun antécédent médical
Personne valide
Handicapés s'abstenir
Poste incompatible avec un handicap
Non syndiqué de préférence
Merci d'indiquer vos opinions politiques
Habitant Nantes uniquement
Vous résidez à Saint-Herblain (impératif)
Candidat résidant sur le département 44 exigé
Bénéficiaires du RSA s'abstenir
Pas de chômeurs
Gens du voyage s'abstenir
Pas de personnes de plus de 50 ans
Personne mature (40-50 ans)
Quinquagénaires s'abstenir
Femme entre 30 et 50 ans
Ouvrier agricole (homme)
Vendeuse
Recherche vendeuses saisonnières
Serveuse expérimentée pour bar de nuit
Hommes uniquement
Enceinte s'abstenir
Homosexuels s'abstenir
Nous privilégions les candidats sans enfants
pas de problème de garde d'enfants
Vous n'avez pas d'enfants en bas âge
De préférence blanc
Asiatiques de préférence
""".splitlines()

MUST_PASS = """\
Serveur ou serveuse en salle, coupures
Vous travaillerez auprès de personnes âgées dépendantes
Vous assistez des personnes âgées de 75 à 95 ans
Éducateur de jeunes enfants
Animateur enfance jeunesse pour les 3-12 ans
Accueil des jeunes de 11 à 17 ans
Poste en maison de santé pluridisciplinaire
Secrétaire médicale (H/F) en centre de santé
Secrétaire médical·e
Assistant / Assistante de vie aux familles
Assistante maternelle / Assistant maternel
Femme de chambre
Valet / Femme de chambre
Vendeur en prêt-à-porter homme
Vente de chaussures femmes et enfants
Employé de ménage (H/F)
Agent d'accueil en mission locale auprès des jeunes
Notre entreprise a plus de 50 ans d'existence
Entreprise de 30 ans, leader du secteur
Expérience : plus de 10 ans appréciée
Diplôme d'État d'aide-soignant exigé
Mise en rayon et bonne présentation des produits
Présentation soignée des assiettes
Vous veillez à la bonne présentation du linéaire
Restaurant asiatique recherche commis de cuisine H/F
Cuisine africaine : cuisinier H/F
Port de charges jusqu'à 15 kg, station debout
Bonne résistance physique, port de charges
Bonne condition physique recommandée
Vous garantissez la santé et la sécurité des résidents
Surveillance de l'état de santé des résidents
Conseiller à l'emploi pour bénéficiaires du RSA
Ménage au domicile de particuliers à Nantes
Logement possible sur place pour saisonniers
Gardien d'immeuble logé, résidence de 80 logements
Animation pour les habitants du quartier
Accompagner les familles et les mères de famille isolées
Aide aux devoirs d'enfants de 6 à 11 ans
Prévention santé, convictions fortes pour le projet social
Respect de la laïcité et de la neutralité
Cariste CACES 1, 3 et 5
Titre de séjour autorisant le travail accepté
Bon relationnel, sens du contact, autonomie
Poste accessible sans diplôme, sans expérience
Le salaire : 12,31 € de l'heure, 35 h, mutuelle
Contrat d'apprentissage ouvert jusqu'à 29 ans révolus
Agent de crèche : soins aux bébés de 3 mois à 3 ans
Formation assurée par notre équipe, parcours de 18 mois
Vous serez accompagné par une tutrice
Poste de conducteur ou conductrice de bus, permis D
Nettoyage avec une autolaveuse ; expérience sur nettoyeuse haute pression
Conduite de pelleteuse, recherche conducteur d'engins H/F
Recherche une personne pour l'aide à la toilette d'une dame âgée
Aide à domicile auprès d'une dame de 82 ans
Accompagnement d'un monsieur de 45 ans en situation de handicap
Vigneron cherche saisonniers pour les vendanges, logement non fourni
Vous travaillez avec un public masculin en hébergement
Vestiaires hommes et femmes sur site
Poste en horaires de journée, sans coupure, sans week-end
Recherche technicien de maintenance homme ou femme
Salon de coiffure mixte recherche coiffeur ou coiffeuse
Employé polyvalent de restauration, équipe de 30 personnes
Boulanger : pain blanc, spécialités régionales
Bijouterie : vente d'alliances pour les mariés
Organisation de mariages et de réceptions
Association d'aide aux migrants recherche un animateur
Église : agent d'entretien du presbytère H/F
Enseignement catholique : agent de cantine H/F
Vous participez à la politique qualité de l'entreprise
Chauffeur-livreur, permis B depuis 2 ans minimum
Service civique de 18 à 25 ans
Clause d'insertion : jeunes de moins de 26 ans éligibles
Poste : agent de service hospitalier en maternité
Auxiliaire de vie sociale auprès d'un couple âgé
Aide à domicile auprès de personnes âgées et handicapées
Le lycée catholique recrute un surveillant H/F
Horaires compatibles avec une vie de famille
Entreprise à taille humaine, 25 ans d'expérience
Nos 30 ans de savoir-faire
Restaurant familial depuis 40 ans
Opticien : montures enfants, hommes et femmes
Vous gérez le rayon homme et le rayon enfant
Foyer d'hébergement pour femmes victimes de violences
Travailleur social en centre d'accueil pour demandeurs d'asile
Traducteur de langue maternelle ou bilingue non exigé
Vous parlez arabe, turc ou portugais : un atout
Cuisinier spécialités portugaises
Employé libre-service, pas de travail le dimanche
Sans permis possible, ligne de tram 1
Lieu de travail : Nantes, quartier Malakoff
Transport en commun à proximité, ou véhicule
Résidence autonomie à Rezé : agent polyvalent H/F
Vous intervenez chez des habitants de Saint-Nazaire
Débutant accepté, sans diplôme
Sans expérience acceptée
Jeune entreprise en croissance recherche magasinier H/F
Start-up jeune et ambitieuse
Médiateur auprès des jeunes du quartier
Éducateur auprès d'adolescents de 13 à 18 ans
Animateur BAFA pour un groupe de jeunes de 14 à 17 ans
Responsable de rayon textile femme
Technicien de surface, hommes et femmes bienvenus
Chauffeur de car scolaire, enfants de 3 à 11 ans
Port de charges de 10 kg, station debout prolongée
Visite médicale d'embauche organisée par l'entreprise
Carte professionnelle et casier judiciaire vierge requis
Secouriste, santé sécurité au travail
Poste adapté aux travailleurs handicapés, RQTH bienvenue
Entreprise adaptée : RQTH demandée
Contrat aidé PEC : bénéficiaires du RSA, personnes handicapées
Aménagement de poste possible pour toute situation de handicap
Présentation des plats au client
Présentation de l'entreprise : nous sommes 12
Vous présentez bien les produits aux clients
Vous êtes présent(e) et ponctuel(le)
Mise en valeur des produits, belle vitrine
Joli cadre de travail, terrasse
Pizzaïolo, cuisine italienne
Assistant(e) commercial(e)
Un(e) serveur(se) pour la saison
Serveur(euse)
Agent(e) d'entretien
Infirmier·ère en EHPAD
Caissier / Caissière
Couturier, couturière : machine industrielle
Aide-soignant ou aide-soignante
Vendeur-vendeuse en boulangerie
Employé(e) polyvalent(e)
Nous cherchons notre futur(e) collègue
Nous recherchons une personne motivée et sérieuse
Nous recherchons une équipière ou un équipier
Recherche couvreur zingueur H/F
Délégué syndical : connaissance du dialogue social appréciée
Collaborateur de groupe politique, rédaction de notes
Piscine municipale : vestiaires femmes
Maçon : taille de pierre, murs de 1m50
Chaussures de sécurité et vêtements fournis
Contrat de 35 h sur 4 jours, 2 ans renouvelables
Diplôme de moins de 5 ans
Poste ouvert à tous dès 18 ans
Parc de véhicules de moins de 2 ans
Immeubles de plus de 50 ans
Vaisselle, plonge : machine à capot
Lingerie féminine : conseil et vente
Esthétique, soins du visage pour femmes et hommes
Gardien de nuit en foyer pour hommes
Vous savez vous présenter à un client
Ambiance jeune, équipe soudée
Club du 3e âge : animateur
Personne âgée recherche aide à domicile H/F
Monsieur âgé cherche auxiliaire de vie H/F
Famille avec deux enfants cherche garde périscolaire H/F
Jeune couple cherche garde d'enfants H/F
""".splitlines()


@pytest.mark.parametrize("sentence", MUST_STOP)
def test_stops(sentence: str) -> None:
    assert find_prohibited(sentence)


@pytest.mark.parametrize("sentence", MUST_PASS)
def test_passes(sentence: str) -> None:
    assert find_prohibited(sentence) == ()
