/*
 * fmnistrt: runs small image classifiers.
 *
 * A model is a frozen graph in an .fmg file, made from a trained checkpoint by fmnist-convert.
 * This library loads such a file and answers the question "what is in this picture?". Four calls
 * do the main job:
 *
 *     fmnist_model *model;
 *     fmnist_session *session;
 *     float scores[10];
 *     fmnist_model_open("model.fmg", NULL, &model);
 *     fmnist_session_create(model, NULL, &session);
 *     fmnist_classify(session, pixels, 28 * 28, 1, scores, 10);      one gray image, 0 to 255
 *
 * STATUS. Every function that can fail returns an fmnist_status; 0 is success. After a failure
 * fmnist_last_error() says in one line what went wrong, where (byte of the file, tensor, argument)
 * and what was expected. A failed call writes nothing to its results, except that functions which
 * create an object set it to NULL.
 *
 * THREADS. An fmnist_model never changes: any number of threads may share one. An fmnist_session
 * holds the scratch memory of one thread at a time; give each thread its own. The library starts
 * no threads, takes no locks, and allocates nothing in fmnist_classify, fmnist_run,
 * fmnist_top, fmnist_tensor_read and fmnist_fit, so that they are fit for real-time threads and
 * after fork().
 *
 * LIFETIMES. Destroy the sessions of a model before the model. Text and arrays that functions
 * return belong to the model and live as long as it does, unless they say otherwise. Buffers passed in are never kept,
 * with the one exception of FMNIST_MEMORY_BORROW.
 *
 * BUFFERS. Buffers are the caller's and come with their length, counted in elements of the
 * pointer's type; the library never reads or writes beyond it. Images are stored row by row from
 * the top, channels of a pixel together, images one after the other.
 */
#ifndef FMNISTRT_H
#define FMNISTRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FMNIST_VERSION_MAJOR 0
#define FMNIST_VERSION_MINOR 1
#define FMNIST_VERSION_PATCH 0

/* Raised whenever a program compiled against an older header could misbehave. */
#define FMNIST_ABI_VERSION 1

/* ---------------------------------------------------------------- 1. Versions and errors */

typedef enum fmnist_status {
  FMNIST_OK = 0,
  FMNIST_ERROR_ARGUMENT = 1,    /* NULL, a length that does not fit, an unknown option */
  FMNIST_ERROR_FILE = 2,        /* the file cannot be opened or read */
  FMNIST_ERROR_FORMAT = 3,      /* not an .fmg file, or a damaged one */
  FMNIST_ERROR_UNSUPPORTED = 4, /* of a later version, or an instruction set this CPU lacks */
  FMNIST_ERROR_LIMIT = 5,       /* needs more memory or work than docs/fmg-format.md allows */
  FMNIST_ERROR_MEMORY = 6,      /* the system gave no memory */
  FMNIST_ERROR_NOT_FOUND = 7,   /* no tensor, label or metadata entry of that name or number */
  FMNIST_ERROR_PICTURE = 8      /* fmnist_fit found nothing in the picture */
} fmnist_status;

/* "0.1.0" */
const char *fmnist_version(void);

/* FMNIST_ABI_VERSION of the library; compare it with the macro. */
uint32_t fmnist_abi_version(void);

/* The name of a status, such as "FMNIST_ERROR_FILE"; "unknown status" for a foreign number. */
const char *fmnist_status_name(fmnist_status status);

/* What the last failed call of this thread said, in UTF-8; "" before the first failure. The text
 * stays until the thread's next failing call. */
const char *fmnist_last_error(void);

/* ---------------------------------------------------------------- 2. Models */

typedef struct fmnist_model fmnist_model;

typedef enum fmnist_isa {
  FMNIST_ISA_AUTO = 0,     /* the best that CPU and environment allow */
  FMNIST_ISA_BASELINE = 1, /* plain reference kernels, any CPU */
  FMNIST_ISA_V3 = 2,       /* x86-64-v3: AVX2 and FMA */
  FMNIST_ISA_V4 = 3,       /* x86-64-v4 (AVX-512 F, BW, CD, DQ, VL) and AVX512_VNNI */
  FMNIST_ISA_V4_AMX = 4    /* v4 and matrix units: AMX with bfloat16 and int8. The system's
                              permission is asked for when a model is opened; while a process has
                              it, signal handlers need larger alternate stacks (sigaltstack). */
} fmnist_isa;

/* fmnist_model_options.flags */
#define FMNIST_MEMORY_BORROW 1u /* open_memory: do not copy; the caller keeps the bytes alive and
                                   unchanged until fmnist_model_destroy */

typedef struct fmnist_model_options {
  size_t struct_size; /* sizeof(fmnist_model_options) */
  uint32_t isa;       /* an fmnist_isa: the best instruction set to use. The environment variable
                         FMNISTRT_ISA (baseline, v3, v4, v4-amx) caps it further. Asking for more
                         than CPU and system allow is FMNIST_ERROR_UNSUPPORTED; the environment
                         only ever lowers. */
  uint32_t flags;     /* FMNIST_MEMORY_BORROW or 0 */
} fmnist_model_options;

/* Loads a model. The file is read whole and checked; it may change or vanish afterwards.
 * `options` may be NULL. On failure *model is NULL. */
fmnist_status fmnist_model_open(const char *path, const fmnist_model_options *options,
                                fmnist_model **model);

/* The same from `size` bytes of memory, copied unless FMNIST_MEMORY_BORROW is set. */
fmnist_status fmnist_model_open_memory(const void *bytes, size_t size,
                                       const fmnist_model_options *options, fmnist_model **model);

/* Releases a model; NULL is allowed. */
void fmnist_model_destroy(fmnist_model *model);

/* ---------------------------------------------------------------- 3. Classifying */

typedef struct fmnist_session fmnist_session;

/* fmnist_session_options.flags */
#define FMNIST_KEEP_TENSORS 1u /* keep every intermediate tensor for fmnist_tensor_read; slower,
                                  and takes more memory */
#define FMNIST_PROFILE 2u      /* measure each step for fmnist_session_step; a little slower */

/* More cores for one image, on threads of the caller's. The library owns none: it hands the parts of
 * an operator to a function of the caller's, on whatever pool there is, or one after the other.
 * Answers have the same bits whatever runs where, in whatever order. libfmnistrt-threads
 * (fmnistrt-threads.h) has a small executor for programs without a pool. */
typedef struct fmnist_executor {
  size_t struct_size; /* sizeof(fmnist_executor) */
  void *context;      /* the first argument of parallel_for */
  uint32_t parts;     /* 1 to 64: how many parts an operator is cut into at most, usually the number
                         of threads. Operators too small to gain from it are not cut. */
  uint32_t reserved;  /* 0 */
  /* Calls body(body_context, index) once for each index from 0 to count - 1, on any threads, at the
   * same time or not, and returns when all calls have returned, whose writes the caller then sees.
   * It is called by fmnist_classify and fmnist_run, on their thread, once or more for each operator
   * that is cut; count is 2 to `parts`. body never calls parallel_for, nor throws, blocks or
   * allocates. If a call is missing, fmnist_classify fails with FMNIST_ERROR_ARGUMENT, and scores of
   * images before may have been written; calls with another index, or with one for the second time,
   * do nothing. body_context is the session's: nothing may call body after the session's end. */
  void (*parallel_for)(void *context, size_t count, void (*body)(void *body_context, size_t index),
                       void *body_context);
} fmnist_executor;

typedef struct fmnist_session_options {
  size_t struct_size; /* sizeof(fmnist_session_options) */
  uint32_t flags;     /* FMNIST_KEEP_TENSORS, FMNIST_PROFILE, both or 0 */
  uint32_t batch;     /* how many images of a call run together at most, so that weights are read
                         from memory once for all of them. More take more memory and change no bit of
                         an answer. 0 lets the library choose 1 to 32, by the size of weights and
                         activations; with 1, images never wait for each other. Models with little
                         to gain, and FMNIST_KEEP_TENSORS, run image by image in any case. */
  const fmnist_executor *executor; /* NULL, or copied; what its context points to must live as long as
                                      the session. A caller compiled before it was there passes a
                                      smaller struct_size, which means NULL. */
} fmnist_session_options;

/* Makes the scratch memory for one thread. `options` may be NULL. On failure *session is NULL. */
fmnist_status fmnist_session_create(const fmnist_model *model,
                                    const fmnist_session_options *options,
                                    fmnist_session **session);

/* Releases a session; NULL is allowed. */
void fmnist_session_destroy(fmnist_session *session);

/* Classifies `count` images of plain pixels, 0 to 255. The model's own preparation (scale, mean,
 * standard deviation, inversion) is applied here; never apply it yourself.
 *   pixels       count * height * width * channels bytes (fmnist_model_info); pixels_length says so
 *   scores       count * output_size floats; scores_length says so. What they mean is
 *                fmnist_model_info.output_kind. */
fmnist_status fmnist_classify(fmnist_session *session, const uint8_t *pixels, size_t pixels_length,
                              size_t count, float *scores, size_t scores_length);

typedef struct fmnist_match {
  uint32_t label; /* number of the class */
  float score;
} fmnist_match;

/* Sorts the best `top` of `scores_length` scores, best first; ties go to the lower class number,
 * NaN comes last. `top` is at most scores_length, which is 1 to 65535. */
fmnist_status fmnist_top(const float *scores, size_t scores_length, fmnist_match *matches,
                         size_t top);

/* Runs `count` inputs that are already prepared floats, in the model's input shape.
 * input_length is count * input size, output_length count * output_size. */
fmnist_status fmnist_run(fmnist_session *session, const float *input, size_t input_length,
                         size_t count, float *output, size_t output_length);

/* ---------------------------------------------------------------- 4. What a model is */

typedef enum fmnist_output_kind {
  FMNIST_OUTPUT_SCORES = 0,        /* any numbers, larger is better */
  FMNIST_OUTPUT_PROBABILITIES = 1, /* 0 to 1, summing to 1 */
  FMNIST_OUTPUT_LOGITS = 2         /* softmax of them gives probabilities */
} fmnist_output_kind;

/* Set struct_size before the call. A library older or newer than the caller fills the fields that
 * both know, and struct_size then says how many bytes those are. */
typedef struct fmnist_model_info {
  size_t struct_size;         /* sizeof(fmnist_model_info) */
  uint32_t height;            /* of the input, pixels */
  uint32_t width;             /* of the input, pixels */
  uint32_t channels;          /* of the input: 1 gray, 3 RGB; other numbers only for fmnist_run */
  uint32_t output_size;       /* scores of one image */
  uint32_t output_kind;       /* an fmnist_output_kind */
  uint32_t label_count;       /* 0, or output_size */
  uint32_t tensor_count;      /* intermediate tensors, the input and the output included */
  uint32_t operator_count;    /* operators in the file */
  uint32_t metadata_count;    /* metadata entries */
  uint32_t golden_count;      /* stored pairs of input and expected output */
  uint32_t isa;               /* the fmnist_isa that was chosen */
  uint32_t reserved;          /* 0 */
  uint64_t parameter_count;   /* values in constant tensors */
  uint64_t multiply_adds;     /* of one image */
  uint64_t packed_bytes;      /* weights in the layout of the kernels */
  uint64_t arena_bytes;       /* scratch memory of a session with default options; what it holds
                                 for further images of a batch is not touched before one comes */
  uint64_t file_bytes;        /* size of the .fmg file */
} fmnist_model_info;

fmnist_status fmnist_model_get_info(const fmnist_model *model, fmnist_model_info *info);

/* The name of class `index`, UTF-8; NULL when the model has none or index is out of range. */
const char *fmnist_model_label(const fmnist_model *model, uint32_t index);

/* Metadata entries in ascending order of key. The keys that fmnist-convert writes are listed in
 * docs/fmg-format.md. */
fmnist_status fmnist_model_metadata(const fmnist_model *model, uint32_t index, const char **key,
                                    const char **value);

/* The value of `key`, or NULL. */
const char *fmnist_model_metadata_value(const fmnist_model *model, const char *key);

typedef struct fmnist_tensor_info {
  size_t struct_size;   /* sizeof(fmnist_tensor_info) */
  const char *name;     /* UTF-8 */
  const char *operator_name; /* what computes it, such as "conv2d"; "input" for the input */
  uint32_t rank;        /* 1 to 4 */
  uint32_t shape[4];    /* without the batch; images are height, width, channels */
  uint32_t reserved;    /* 0 */
  uint64_t element_count; /* product of shape */
  uint64_t multiply_adds; /* to compute it, for one image */
} fmnist_tensor_info;

/* Tensor `index` in order of computation: 0 is the input, the last one the output. */
fmnist_status fmnist_model_tensor(const fmnist_model *model, uint32_t index,
                                  fmnist_tensor_info *info);

/* The index of the tensor called `name`, such as a layer's name. */
fmnist_status fmnist_model_find_tensor(const fmnist_model *model, const char *name,
                                       uint32_t *index);

/* After fmnist_classify or fmnist_run on a session with FMNIST_KEEP_TENSORS: copies the value of a
 * tensor for the last image, in row-major order of its shape. `length` is its element_count. A tensor
 * of bytes gives the numbers that its bytes stand for, (byte - zero point) * scale. */
fmnist_status fmnist_tensor_read(const fmnist_session *session, uint32_t index, float *values,
                                 size_t length);

/* Stored input `index` (height * width * channels bytes) and what the source framework answered
 * (output_size floats). `tolerance` is how far an answer may be off. Any pointer may be NULL. */
fmnist_status fmnist_model_golden(const fmnist_model *model, uint32_t index,
                                  const uint8_t **pixels, const float **scores, float *tolerance);

/* ---------------------------------------------------------------- 5. Pictures of any size */

typedef enum fmnist_fit_mode {
  FMNIST_FIT_AUTO = 0,  /* raw when the picture already is what the model takes, else photo */
  FMNIST_FIT_RAW = 1,   /* the picture must have the model's size; gray is the mean of colours */
  FMNIST_FIT_PHOTO = 2  /* as the data set was made: alpha over white, trim, reduce, sharpen,
                           centre, dark background (docs/pictures.md) */
} fmnist_fit_mode;

/* fmnist_fit_report.warnings */
#define FMNIST_FIT_LOW_CONTRAST 1u  /* garment and background are hard to tell apart */
#define FMNIST_FIT_BUSY_BACKGROUND 2u /* the corners differ: not a plain background */
#define FMNIST_FIT_SMALL 4u         /* the garment had to be enlarged */

typedef struct fmnist_fit_report {
  size_t struct_size;  /* sizeof(fmnist_fit_report) */
  uint32_t mode;       /* FMNIST_FIT_RAW or FMNIST_FIT_PHOTO: what was done */
  uint32_t inverted;   /* 1 when the background was light */
  uint32_t warnings;   /* FMNIST_FIT_... bits */
  uint32_t reserved;   /* 0 */
  uint32_t left, top, width, height; /* the garment's box in the picture, pixels */
} fmnist_fit_report;

/* Fits a picture to a model's input. Needs a model of 1 or 3 input channels; a gray result is
 * repeated for 3.
 *   picture      height rows of `stride` bytes, the first width * channels of which are pixels;
 *                channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA, not premultiplied
 *   picture_length  at least (height - 1) * stride + width * channels
 *   scratch      memory to work in, at least fmnist_fit_scratch_bytes(width, height)
 *   pixels       the fitted image, model height * width * channels bytes
 *   report       may be NULL */
fmnist_status fmnist_fit(const fmnist_model *model, const uint8_t *picture, size_t picture_length,
                         uint32_t width, uint32_t height, uint32_t channels, size_t stride,
                         uint32_t mode, void *scratch, size_t scratch_length, uint8_t *pixels,
                         size_t pixels_length, fmnist_fit_report *report);

/* Bytes of scratch memory that fmnist_fit needs; 0 for a picture over 16384 pixels on a side. */
size_t fmnist_fit_scratch_bytes(uint32_t width, uint32_t height);

/* ---------------------------------------------------------------- 6. Measuring */

/* A step computes one or more operators of the model in one pass. Times are those of a monotonic
 * clock, for one image; they include what a step waits for, such as memory. */
typedef struct fmnist_step_info {
  size_t struct_size;     /* sizeof(fmnist_step_info) */
  const char *name;       /* of the tensor that it computes, UTF-8 */
  const char *operators;  /* what it computes, in order, such as "conv2d+clip+max_pool"; activations
                             by their kind. "input" is the storing of the model's input. */
  const char *kernel;     /* the kernel, or family of kernels, that does most of the work, such as
                             "f32_conv__v4"; "" where that is the runtime itself */
  uint64_t multiply_adds; /* for one image */
  uint64_t packed_bytes;  /* of its weights; those of all steps are fmnist_model_info's,
                             but for FMNIST_KEEP_TENSORS, which computes the model another way */
  uint64_t runs;          /* images measured so far */
  uint64_t minimum_ns;    /* the shortest run; 0 before the first */
  uint64_t total_ns;      /* of all runs */
} fmnist_step_info;

/* Steps of a session with FMNIST_PROFILE; 0 for any other and for NULL. */
uint32_t fmnist_session_step_count(const fmnist_session *session);

/* What step `index` is, in order of computation from 0, and how long it took since the session was
 * made. The text lives as long as the session. */
fmnist_status fmnist_session_step(const fmnist_session *session, uint32_t index,
                                  fmnist_step_info *info);

#ifdef __cplusplus
}
#endif

#endif
