/* route.h - what can be asked: every path, every verb of the socket and every parameter, declared once.
 *
 * server_ask.c reads requests by this table, server_http.c gives what it declares cached an ETag and compresses it,
 * openapi.c describes it. A new question is one line in route.c, its parameters, and its answer in the service.
 */
#ifndef FHI_ROUTE_H
#define FHI_ROUTE_H

#include "engine/base/base.h"

typedef struct fhi_ask fhi_ask;

typedef enum fhi_ask_kind {
    FHI_ASK_SEARCH,
    FHI_ASK_FACETS,
    FHI_ASK_HISTOGRAM,
    FHI_ASK_EXPLAIN,
    FHI_ASK_ARTICLE,
    FHI_ASK_EXPORT,
    FHI_ASK_BATCH,
    FHI_ASK_ANALYZE,
    FHI_ASK_HEALTH,
    FHI_ASK_READY,
    FHI_ASK_METRICS,
    FHI_ASK_OPENAPI,
    FHI_ASK_HELLO, /* GET /help.txt */
    FHI_ASK_PAGE,  /* GET / */
    FHI_ASK_READ,
    FHI_ASK_WHY,
    FHI_ASK_LIST,
    FHI_ASK_FEED,
    FHI_ASK_FILE /* style sheet and scripts of the page */
} fhi_ask_kind;

typedef enum fhi_param_type {
    FHI_PARAM_TEXT,
    FHI_PARAM_NUMBER, /* on the socket a JSON number */
    FHI_PARAM_CHOICE, /* one of `choices` */
    FHI_PARAM_LIST,   /* some of `choices`, between commas; on the socket an array of strings */
    FHI_PARAM_PATH    /* the rest of the path; on the socket the value of the verb */
} fhi_param_type;

enum { FHI_PARAMS_MAX = 16, FHI_CHOICES_MAX = 16 };

typedef struct fhi_param {
    const char *name;
    fhi_param_type type;
    bool required;
    bool repeated;                        /* may be given more than once */
    bool subject;                         /* on the socket it is the value of the verb, as a PATH is */
    uint32_t least, most;                 /* of a NUMBER; most also of the bytes of a TEXT, where it is not 0 */
    const char *choices[FHI_CHOICES_MAX]; /* up to the first NULL */
    const char *usual;                    /* what holds without it; NULL: nothing to tell */
    const char *what;                     /* one sentence */
    fh_status (*set)(fhi_ask *ask, fh_str name, fh_str value, fh_err *err);
} fhi_param;

typedef struct fhi_route {
    fhi_ask_kind kind;
    const char *path;   /* "/search"; "/article/{id}": what follows the slash is the parameter of type PATH */
    const char *verb;   /* the member that asks for it in a line; NULL: a search, or not on the socket */
    const char *what;   /* one sentence */
    const char *schema; /* of a good answer, as openapi.c names it; in brackets: an array; NULL: see content_type */
    const char *content_type; /* of a good answer; NULL: JSON */
    bool cached;              /* the same question to the same snapshot has the same answer: ETag, 304 */
    bool weak;                /* but not to the byte, since it tells took_us: the ETag is a weak one */
    bool posted;              /* POST; the others are asked by GET and HEAD */
    bool streamed;            /* made and sent piece by piece */
    bool page;                /* for people: a failure is a document too, in the language of the browser */
    bool open;                /* asked without a token where tokens are asked for */
    bool admin;               /* the token must allow more than reading */
    bool wrapped;             /* in a line the answer is the value of a member named as the verb */
    const fhi_param *params[FHI_PARAMS_MAX];       /* up to the first NULL */
    fh_status (*check)(const fhi_ask *, fh_err *); /* what parameters must obey together; NULL: nothing */
} fhi_route;

extern const fhi_route fhi_routes[];
extern const size_t fhi_route_count;

/* The route of a decoded path; *rest is what a PATH parameter stands for. NULL: there is none. */
const fhi_route *fhi_route_of_path(fh_str path, fh_str *rest);
const fhi_route *fhi_route_of_kind(fhi_ask_kind kind);

#endif
