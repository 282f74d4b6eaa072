/* mallopt(3), which Swift's module of the C library leaves out. */
#ifndef PLANNER_CMALLOC_SHIM_H
#define PLANNER_CMALLOC_SHIM_H

#include <malloc.h>

#endif
