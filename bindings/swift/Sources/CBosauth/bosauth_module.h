/* The header that pkg-config finds. */
#include <bosauth.h>
