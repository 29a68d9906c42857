"""Names of people as they come: a few very often, most of them rarely, some with accents."""

from collections.abc import Sequence
from random import Random


def _words(*lines: str) -> list[str]:
    return " ".join(lines).split()


FIRST: Sequence[str] = _words(
    "Marie Jean Pierre Michel Anne Nathalie Isabelle Philippe Sophie Julien Camille Léa Manon Chloé Emma Hugo Louis Lucas",
    "Thomas Nicolas Alexandre Antoine Maxime Clément Céline Aurélie Émilie Stéphanie Sandrine Valérie Véronique Brigitte",
    "Françoise Catherine Monique Jacqueline Hélène Élise Inès Zoé Noémie Agnès Cécile Benoît François Jérôme Sébastien",
    "Frédéric Grégory Gaëlle Anaïs Loïc Raphaël Gaël Joël Noël Müge Jürgen Björn Søren Łukasz Oliver George Harry Amelia",
    "Olivia Isla Jack Charlie Freya Rosie Yasmine Karim Mehdi Fatima Amina Samir Nadia Leïla Ngoc Minh Wei Aarav Priya",
)
COMMON: Sequence[str] = _words(
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefèvre Leroy Roux David Bertrand",
    "Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller Lefebvre Faure André Mercier Blanc Guérin",
    "Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu",
    "Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière",
    "Lucas Brunet Gaillard Barbier Arnaud Martínez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger",
    "Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Bertin",
    "Leclercq Guillaume Lecomte López Jean Dupuy Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis Deschamps",
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Walker White Edwards Hughes Green Hall Lewis",
    "Harris Clarke Jackson Wood Turner Hill Moore Cooper Ward Favre Keller Weber Huber Schneider Meier Steiner Gerber",
)
BEGINNINGS = _words(
    "Bel Char Des Fon Gri Hal Jac Lam Mar Mont Nor Per Quen Rob Sau Tré Val Ver Vil Ber Cas Del Fer Gau Leb"
)
MIDDLES = _words("a an ard e el en er i ie il in o on or ou u ur è ai au")
ENDS = _words(
    "beau bert court doux fait gny lac lieu maire mont nard net pin quet rand rel ret rier son tel tin val vier zac"
)


def last(many: int, seed: int = 5) -> list[str]:
    """So many family names, the commonest first; what real ones do not fill is made of syllables."""
    random, found = Random(seed), dict.fromkeys(COMMON)
    while len(found) < many:
        found[random.choice(BEGINNINGS) + random.choice(MIDDLES) + random.choice(ENDS)] = None
    return list(found)[:many]
