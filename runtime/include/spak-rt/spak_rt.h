/* Part of spakc. SPDX-License-Identifier: Apache-2.0
 *
 * Owns: the C interface of the runtime: load a cubin with its manifest, check
 * arguments, launch. Must not need CUDA's headers, and starts without a
 * driver: only a launch needs one. */
#ifndef SPAK_RT_SPAK_RT_H
#define SPAK_RT_SPAK_RT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every function that can fail returns one of these. 0 to 7 are also what the
 * emitted launch functions return. */
enum spak_rt_status {
  SPAK_RT_OK = 0,
  SPAK_RT_NULL_POINTER = 1,
  SPAK_RT_MISALIGNED = 2,
  SPAK_RT_BAD_SHAPE = 3,
  SPAK_RT_BAD_STRIDE = 4,
  SPAK_RT_TOO_LARGE = 5,
  SPAK_RT_REQUIREMENT = 6,
  SPAK_RT_DRIVER = 7,      /* the driver refused, or the launch failed */
  SPAK_RT_NO_DEVICE = 8,   /* no libcuda.so, or no device */
  SPAK_RT_BAD_MANIFEST = 9 /* unreadable, or not of version 1 */
};

typedef struct spak_rt_module spak_rt_module;
typedef struct spak_rt_kernel spak_rt_kernel;

/* One tensor. sizes and strides have one entry per axis, outermost first;
 * strides are in elements and the last one must be 1. */
typedef struct spak_rt_tensor {
  const char *name;
  void *data;
  const int64_t *sizes;
  const int64_t *strides;
  int32_t rank;
} spak_rt_tensor;

/* One scalar. Scalars that have a default may be left out. */
typedef struct spak_rt_scalar {
  const char *name;
  double value;
} spak_rt_scalar;

typedef struct spak_rt_arguments {
  const spak_rt_tensor *tensors;
  int32_t tensor_count;
  const spak_rt_scalar *scalars;
  int32_t scalar_count;
} spak_rt_arguments;

/* Reads a cubin and its manifest. No device is needed. `message` may be null;
 * on failure it is set to a text that lives until the next call of this
 * thread. */
int spak_rt_load(const char *cubin, const char *manifest,
                 spak_rt_module **module, const char **message);
void spak_rt_unload(spak_rt_module *module);

/* The kernel of that name; a null name means the first. It lives as long as
 * its module. */
int spak_rt_find(spak_rt_module *module, const char *name,
                 spak_rt_kernel **kernel, const char **message);

/* The kernel's part of the manifest, as JSON text. */
const char *spak_rt_describe(const spak_rt_kernel *kernel);

/* The launch checks alone. No device is needed. */
int spak_rt_check(spak_rt_kernel *kernel, const spak_rt_arguments *arguments,
                  const char **message);

/* Checks, then launches on `stream` in the current context (or device 0's
 * primary one). Does not wait. A launch over an empty grid succeeds. */
int spak_rt_launch(spak_rt_kernel *kernel, const spak_rt_arguments *arguments,
                   void *stream, const char **message);

/* The name of a status. */
const char *spak_rt_status_string(int status);

#ifdef __cplusplus
}
#endif

#endif /* SPAK_RT_SPAK_RT_H */
