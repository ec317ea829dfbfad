# How our targets get at the packages' libraries: shared, or with OSTIARY_STATIC from their archives.
#
# Every imported absl:: and gRPC:: target is a shared library. The archives, with what they need in turn,
# are known to pkg-config alone; so in a static build one target stands for all packages.

if(OSTIARY_STATIC)
  pkg_check_modules(PACKAGES REQUIRED grpc++ protobuf re2 absl_flat_hash_map absl_flat_hash_set libcrypto)
  list(REMOVE_DUPLICATES PACKAGES_STATIC_LIBRARIES)
  list(JOIN PACKAGES_STATIC_LIBRARIES "," archives)
  add_library(ostiary_packages INTERFACE)
  target_link_libraries(ostiary_packages INTERFACE "$<LINK_GROUP:RESCAN,${archives}>")
  # Position-independent, so that no one knows at which address it is loaded; the list of what to adjust
  # for that is packed. Functions that nothing calls are left out, and what a debugger would read.
  target_compile_options(ostiary_packages INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(ostiary_packages INTERFACE -static-pie -s -Wl,--gc-sections -Wl,-z,pack-relative-relocs)
  # The linker warns of five functions that may load shared libraries at run time (getaddrinfo, dlopen).
  # sidecar/foreign_code.h says why nothing is loaded. ld's --no-warnings would take errors for nothing, too.
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

# ostiary_link(TARGET SCOPE lib...): target_link_libraries, with packages from where this build has them.
function(ostiary_link target scope)
  set(libraries ${ARGN})
  if(OSTIARY_STATIC)
    list(FILTER libraries EXCLUDE REGEX "^(absl|gRPC|OpenSSL|PkgConfig|protobuf|Threads)::")
    list(APPEND libraries ostiary_packages)
  endif()
  target_link_libraries(${target} ${scope} ${libraries})
endfunction()
