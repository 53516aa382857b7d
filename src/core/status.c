/* SPDX-License-Identifier: MIT */
#include <codescent/status.h>

const char *cod_status_key(cod_status status)
{
    switch (status) {
#define COD_STATUS_KEY(id, number, key, text)                                          \
    case id:                                                                           \
        return key;
        COD_STATUS_LIST(COD_STATUS_KEY)
#undef COD_STATUS_KEY
    }
    return "unknown";
}

const char *cod_status_text(cod_status status)
{
    switch (status) {
#define COD_STATUS_TEXT(id, number, key, text)                                         \
    case id:                                                                           \
        return text;
        COD_STATUS_LIST(COD_STATUS_TEXT)
#undef COD_STATUS_TEXT
    }
    return "unknown status";
}

const char *cod_version(void)
{
    return COD_VERSION;
}
