/* What a process holds: entries of its folders in /proc. */
#ifndef HOLDINGS_H
#define HOLDINGS_H

#include <dirent.h>

/* How many entries a folder has, the two that every folder has among them. */
static int entries(const char *path) {
    int count = 0;
    DIR *directory = opendir(path);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

#endif
