// SkipPlainRun: the middle of a long string, such as a file's text or an image in base64, with the
// widest registers that the processor has. Pure, thread-safe.
#ifndef OSTIARY_COMMON_JSON_JSON_PLAIN_RUN_H_
#define OSTIARY_COMMON_JSON_JSON_PLAIN_RUN_H_

namespace ostiary {

// A place in [p, end] before which all bytes from `p` on are plain (IsPlainJsonByte): with AVX2
// that of the first block of 128 bytes that has another one or is not whole, without it `p` itself.
// For strings of which hundreds of bytes were plain; a short one takes less than the call.
const char* SkipPlainRun(const char* p, const char* end);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_JSON_JSON_PLAIN_RUN_H_
