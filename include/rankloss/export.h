/*
 * RANKLOSS_API marks what the shared library exports; everything else is hidden in it.
 *
 * RANKLOSS_BUILDING_SHARED is defined while the shared library itself is compiled. On Windows, define RANKLOSS_STATIC
 * to link the static library; the CMake package and pkg-config do it for you.
 */
#ifndef RANKLOSS_EXPORT_H
#define RANKLOSS_EXPORT_H

#if defined(RANKLOSS_STATIC)
#define RANKLOSS_API
#elif defined(_WIN32)
#if defined(RANKLOSS_BUILDING_SHARED)
#define RANKLOSS_API __declspec(dllexport)
#else
#define RANKLOSS_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define RANKLOSS_API __attribute__((visibility("default")))
#else
#define RANKLOSS_API
#endif

#endif
