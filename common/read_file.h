// ReadSmallFile: the bytes of a small regular file, such as a certificate or a token. Any thread.
#ifndef OSTIARY_COMMON_READ_FILE_H_
#define OSTIARY_COMMON_READ_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace ostiary {

// Never waits for a FIFO or a device: nothing but a regular file is read. The size is counted while
// reading, since a file may grow. An error names the path, says what is wrong and what to do, and
// never quotes the file. Codes: what errno says; kFailedPrecondition for what is no regular file;
// kOutOfRange past the limit.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_READ_FILE_H_
