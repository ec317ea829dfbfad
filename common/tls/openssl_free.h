// OpenSslFree<F>: the deleter of a std::unique_ptr whose object OpenSSL frees by F.
#ifndef OSTIARY_COMMON_TLS_OPENSSL_FREE_H_
#define OSTIARY_COMMON_TLS_OPENSSL_FREE_H_

namespace ostiary {

template <auto kFree>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_TLS_OPENSSL_FREE_H_
