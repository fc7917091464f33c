/* lookup: asks the C library for the addresses of a name
 *
 *   lookup NAME both|4|6
 *
 * Prints `found` and the families of the addresses, or which error it was. */
#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char *word(int error) {
    switch (error) {
        case EAI_NONAME: return "noname";
        case EAI_NODATA: return "nodata";
        case EAI_AGAIN: return "again";
        case EAI_FAIL: return "fail";
        default: return gai_strerror(error);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    hints.ai_family = !strcmp(argv[2], "4") ? AF_INET : !strcmp(argv[2], "6") ? AF_INET6 : AF_UNSPEC;
    int error = getaddrinfo(argv[1], NULL, &hints, &found), four = 0, six = 0;
    if (error) { puts(word(error)); return 0; }
    for (; found; found = found->ai_next) *(found->ai_family == AF_INET ? &four : &six) = 1;
    printf("found%s%s\n", four ? " 4" : "", six ? " 6" : "");
    return 0;
}
