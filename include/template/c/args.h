/*
 * args.h - what count.c reads: a JSON object of plain strings and whole numbers, each key
 * once. That is as much of JSON as fits on a page, without memory of its own; what is
 * beyond is refused. A class with larger args puts a JSON library in the place of this file.
 */
#ifndef ARGS_H
#define ARGS_H

#include "sysadm_class.h"
#include <stdlib.h>
#include <string.h>

enum type { ABSENT, STRING, NUMBER, OTHER };
struct value {
    const char *key;
    enum type type;
    char text[32];
    long number;
};

static const char *blanks(const char *at, const char *end)
{
    while (at < end && memchr(" \t\r\n", *at, 4) != NULL) at++;
    return at;
}

/* A string of ASCII without escapes, what is in it; null if it is none. */
static const char *string(const char *at, const char *end, char text[32])
{
    size_t n = 0;
    for (at++; at < end && *at != '"'; at++, n++) {
        if (n == 31 || (unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f || *at == '\\')
            return NULL;
        text[n] = *at;
    }
    text[n] = '\0';
    return at < end ? at + 1 : NULL;
}

/* A value of any plain type: `true`, `false` and `null` are others. */
static const char *plain(const char *at, const char *end, struct value *value)
{
    size_t n = 0;
    if (at < end && *at == '"') {
        value->type = STRING;
        return string(at, end, value->text);
    }
    for (; at + n < end && n < 10 && memchr("-0123456789aeflnrstu", at[n], 20) != NULL; n++)
        value->text[n] = at[n];
    value->text[n] = '\0';
    char *stop;
    value->number = strtol(value->text, &stop, 10);
    value->type = *stop == '\0' && n > 0 ? NUMBER : OTHER;
    const char *digits = value->text + (value->text[0] == '-');
    if (digits[0] == '0' && digits[1] != '\0') /* no number begins so, but 0 itself */
        return NULL;
    if (value->type == OTHER && strcmp(value->text, "true") != 0 && strcmp(value->text, "false") != 0 &&
        strcmp(value->text, "null") != 0)
        return NULL;
    return at + n;
}

/* Fill the values whose keys stand there, or say why not: then some have been filled, and
 * `wrong` is the key at fault, or empty. */
static const char *parse(sysadm_str_t json, struct value *values, size_t count, char wrong[32])
{
    static const char none[] = "not an object of plain strings and numbers";
    const char *at = json.ptr, *end = json.ptr == NULL ? NULL : json.ptr + json.len;
    wrong[0] = '\0';
    at = blanks(at, end);
    if (at == end || *at != '{')
        return none;
    at = blanks(at + 1, end);
    for (int first = 1; at < end && *at != '}'; first = 0) {
        char key[32];
        struct value *value = NULL;
        if (!first) {
            if (*at != ',')
                return none;
            at = blanks(at + 1, end);
        }
        at = at < end && *at == '"' ? string(at, end, key) : NULL;
        if (at == NULL || (at = blanks(at, end)) == end || *at != ':')
            return none;
        for (size_t i = 0; i < count; i++)
            if (strcmp(values[i].key, key) == 0)
                value = &values[i];
        if (value == NULL || value->type != ABSENT)
            return strcpy(wrong, key), value == NULL ? "unknown key" : "a key that is there twice:";
        if ((at = plain(blanks(at + 1, end), end, value)) == NULL)
            return none;
        at = blanks(at, end);
    }
    return at < end && blanks(at + 1, end) == end ? NULL : none;
}

#endif
