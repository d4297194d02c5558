"""Universities, members and names. All invented."""

from typing import NamedTuple


class Campus(NamedTuple):
    name: str
    short: str
    country: str
    city: str
    domain: str
    rate: str
    zone: str


UNIVERSITIES = (
    Campus("University of Northmoor", "Northmoor", "GB", "Northmoor", "northmoor.example", "0.27", "Europe/London"),
    Campus("Larkfield Institute of Technology", "Larkfield Tech", "US", "Larkfield", "larkfield.example", "0.55", "America/New_York"),
    Campus("Universität Hohenbrunn am See", "Hohenbrunn", "DE", "Hohenbrunn", "hohenbrunn.example", "0.22", "Europe/Berlin"),
    Campus("Université de Valmont-sur-Loue", "Valmont", "FR", "Valmont", "valmont.example", "0.20", "Europe/Paris"),
    Campus("Kirinosato University", "Kirinosato", "JP", "Kirinosato", "kirinosato.example", "0.30", "Asia/Tokyo"),
    Campus("Universidad de Sierra Clara", "Sierra Clara", "MX", "Sierra Clara", "sierraclara.example", "0.18", "America/Mexico_City"),
    Campus("Savannah Ridge University", "Savannah Ridge", "KE", "Tala Ridge", "savannahridge.example", "0.15", "Africa/Nairobi"),
    Campus("Nalanda Coast University", "Nalanda Coast", "IN", "Port Nalan", "nalandacoast.example", "0.15", "Asia/Kolkata"),
    Campus("Fjordheim University", "Fjordheim", "NO", "Fjordheim", "fjordheim.example", "0.35", "Europe/Oslo"),
    Campus("Great Lakes Polytechnic", "Great Lakes", "CA", "Tamarack Bay", "greatlakes.example", "0.40", "America/Toronto"),
    Campus("Universidade de Serra Verde", "Serra Verde", "BR", "Serra Verde", "serraverde.example", "0.16", "America/Sao_Paulo"),
    Campus("Southern Cross Institute of Science", "Southern Cross", "AU", "Murrabit", "southerncross.example", "0.38", "Australia/Sydney"),
)  # fmt: skip

COMPANIES = (
    "Ostara Semiconductors", "Blue Heron Cloud", "Meridian Motors", "Calder & Pike Instruments", "Tessellate Software", "Norrland Energy",
    "Quillon Pharma", "Harbourlight Telecom", "Adamant Robotics", "Palisade Insurance", "Sunfield Foods", "Vireo Aerospace", "Copperline Rail",
    "Larchmont Bank", "Oriel Optics", "Brightwater Utilities", "Stonecrop Mining", "Tidewrack Shipping", "Fennimore Media", "Halcyon Devices",
    "Kestrel Mapping", "Zephyr Wind",
)  # fmt: skip
START_UPS = (
    "Loam Labs", "Parallax Weather", "Inkwell Models", "Mossgate", "Softstone AI", "Tern & Tide", "Pebblebed Compute", "Lumen Loop",
    "Crosswise", "Dovetail Evals", "Open Furrow", "Northern Lattice", "Kindling Chips", "Sparrow Safety", "Driftwood Data",
)  # fmt: skip
FOUNDATIONS = ("The Hazelwood Trust", "Fundación Puente Claro", "Stiftung Offene Maschine")

# (first name, last name): plainly invented, from many places.
PEOPLE = (
    "Adaeze Thornbury", "Mikkel Sundqvist", "Rania Al-Fahim", "Tobias Grünwald", "Yuki Hanazawa", "Camila Restrepo-Luz", "Oluwaseun Baptiste", "Priya Venkatarao",
    "Ingrid Fossheim", "Declan Moriarty-Voss", "Beatriz Altamira", "Wren Castellan", "Kofi Mensah-Brook", "Liselotte Vanderhoek", "Arjun Malhotra-Sen", "Noémie Castagnou",
    "Haruto Minamide", "Zainab Okonjo-Reid", "Lars Ebbesholm", "Marisol Quintanar", "Theodora Vassalou", "Emeka Adichukwu", "Johanna Lindenbaum", "Ravi Chandrashekhar",
    "Aoife Glenmalure", "Pietro Santacroce", "Svetlana Morozkina", "Diego Valdelomar", "Mei-Lin Chuang", "Katarzyna Wiśniowska", "Samuel Ashgrove", "Fatoumata Diarra-Ndiaye",
    "Nikolai Aurenberg", "Hana Bartošová", "Gareth Penhallow", "Sunniva Halvarsen", "Tendai Moyo-Clarke", "Lucía Benavente", "Bram Oosterling", "Anjali Deshpande-Roy",
    "Finn Kettleburn", "Soraya Mahdavian", "Elio Fontanelle", "Ayumi Tsukishiro", "Caspian Wainwright", "Thandiwe Nkosana", "Matteo Bellacqua", "Rosalind Fairweather",
    "Idris Belhaddad", "Greta Sommerfeldt", "Xiomara Delacroix", "Jonas Ravnkilde", "Leila Farrokhzad", "Otis Marchbanks", "Vikram Sethuraman", "Bridget O'Shaughlin",
    "Tomasz Zielonka", "Nadia Kervella", "Hugo Lindqvarn", "Amara Nwachukwu-Hill",
)  # fmt: skip
