/* tables_fr.c - French word lists, kept by hand from knowledge of the language; words are separated by spaces. */
#include "engine/text/text.h"

/* Words of grammar and words that ask. Elided forms (l', qu') never reach this list. */
const char *const fhi_stop_fr[] = {
    /* articles, prepositions, conjunctions */
    "le la les un une des du de au aux l d",
    "à dans en par pour sur sous vers chez avec sans entre contre depuis pendant durant avant après dès",
    "jusque jusqu", "devant", "derrière parmi selon malgré outre hors envers lors via près loin afin ainsi",
    "et ou ni mais or donc car que qu si comme lorsque lorsqu puisque puisqu quoique quoiqu tandis quand", "sinon soit",
    "parce",
    /* pronouns and determiners */
    "je j tu t il ils elle elles on nous vous me m te se s lui leur leurs eux moi toi soi y en ce c ceci cela ça",
    "celui celle ceux",
    "celles ci là cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos tout toute tous toutes même",
    "mêmes autre",
    "autres aucun aucune chaque plusieurs quelque quelques tel telle tels telles certains certaines nul nulle",
    "chacun", "chacune", "quelqu'un personne rien dont",
    /* adverbs without content */
    "ne n pas plus moins très trop peu aussi encore déjà toujours jamais puis alors ensuite bien non oui ici",
    "tant si", "fort",
    /* être, avoir and the verbs that help others */
    "être suis es est sommes êtes sont étais était étions étiez étaient fus fut furent fût serai seras sera serons",
    "serez seront", "serais serait serions seriez seraient sois soit soyons soyez soient été étant",
    "avoir ai as a avons avez ont avais avait avions aviez avaient eus eut eurent eût aurai auras aura aurons", "aurez",
    "auront", "aurais aurait aurions auriez auraient aie aies ait ayons ayez aient eu eue eus eues ayant",
    "faire fait font peut peuvent pouvait doit doivent va vont",
    /* questions */
    "qui quoi où quel quelle quels quelles lequel laquelle lesquels lesquelles auquel duquel desquels comment",
    "pourquoi combien", "qu'est-ce est-ce", NULL};

/* A stem, then the words that get it. The stem is what Snowball gives the regular ones of the family, or a name that it
 * gives to nothing else. */
const char *const fhi_irregular_fr[] = {
    /* -ail, -aux */
    "travaill travail travaux", "bail bail baux", "vitrail vitrail vitraux", "corail corail coraux",
    "email émail émaux", "soupirail soupirail soupiraux", "oeil œil yeux", "ciel ciel cieux", "ideal idéal idéaux",
    "aieul aïeul aïeux aïeule aïeules",
    /* what Snowball throws together with commune, univers */
    "communiqu communiqué communiqués", "commission commission commissions", "communic communication", "communications",
    "universit université universités universitaire universitaires", NULL};

/* Plurals that Snowball leaves as they are: their last letter goes first. */
const char *const fhi_plural_fr[] = {
    "élus réélus détenus codétenus revenus venus attendus inattendus vendus revendus rendus connus inconnus",
    "reconnus",
    "individus tenus prévus prévenus entendus malentendus issus disparus apparus parus perdus devenus contenus",
    "survenus",
    "intervenus retenus convaincus vaincus parvenus battus abattus combattus exclus conclus inclus suspendus",
    "obtenus",
    "soutenus confondus secourus maintenus tendus étendus prétendus vêtus revêtus perçus aperçus inaperçus",
    "reçus déçus conçus",
    "descendus entretenus émus bienvenus répandus interrompus corrompus résolus parcourus défendus accrus vécus",
    "pourvus lus vus",
    "crus férus menus tissus vertus poilus",
    "photos vidéos euros numéros échos vélos studios motos scénarios infos radios commandos métros micros",
    "textos stylos autos",
    "logos kilos duos casinos écolos chronos turbos bobos ghettos dominos zéros pianos accros promos",
    "amis ennemis unis cris abris appuis skis essais quais vrais délais balais emplois lois rois parois envois",
    "renvois convois",
    "tournois bleus pneus fous flous trous clous voyous tabous nounous",
    "jeux enjeux lieux milieux feux adieux aveux vœux cheveux neveux genoux bijoux cailloux choux tuyaux matériaux",
    NULL};

/* Words whose ending Snowball takes for that of a verb or an abstract noun: with an s behind, it does not. */
const char *const fhi_singular_fr[] = {
    "passager étranger conseiller foyer loyer dîner déjeuner léger cancer leader supporter danger fier entier",
    "usager rocher",
    "boulanger berger scooter reporter designer hacker dealer ménager mensonger horloger messager viager verger",
    "petit interdit crédit conflit délit satisfait portrait inédit prescrit décrit récit profit débit déficit",
    "habit forfait",
    "retrait souhait stupéfait méfait bienfait attrait extrait",
    "opinion réflexion religion connexion démission transmission suspicion nourrisson",
    "souvenir loisir désir",
    NULL};

/* Adjectives in -ais, whose masculine Snowball takes for an imperfect: they take the stem of the feminine. */
const char *const fhi_masculine_fr[] = {
    "français anglais sénégalais portugais japonais libanais hollandais irlandais écossais finlandais islandais",
    "néerlandais",
    "polonais camerounais gabonais togolais congolais soudanais rwandais burundais thaïlandais taïwanais",
    "marseillais lyonnais bordelais nantais rennais orléanais havrais antillais martiniquais",
    "guyanais réunionnais mauvais",
    NULL};
