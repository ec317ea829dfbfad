// Whether this is a build with AddressSanitizer or ThreadSanitizer, whose memory is not the
// product's, and whose operator new ends the program where there is none.
#ifndef OSTIARY_TESTS_SUPPORT_SANITIZED_H_
#define OSTIARY_TESTS_SUPPORT_SANITIZED_H_

namespace ostiary {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OSTIARY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OSTIARY_SANITIZED 1
#endif
#endif

#if OSTIARY_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_SANITIZED_H_
