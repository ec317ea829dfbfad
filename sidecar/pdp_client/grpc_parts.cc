// What of gRPC the static sidecar is linked with: what a client needs that knows its one PDP.
//
// gRPC asks BuildCoreConfiguration for its resolvers, load balancers, handshakers and filters. Its
// own, which this one takes the place of, registers all that there are, with xDS, RLS, grpclb, the
// HTTP proxy mapper and c-ares, and so links them: a fifth of the program, with initialisers that
// run at every start. None of them has a say in where decisions come from if it is not there.
//
// The functions are gRPC 1.51's and stand in no public header; with another version the link fails,
// or the tests of a static sidecar (tests/images) do.

namespace grpc_core {

class CoreConfiguration {
 public:
  class Builder;
};

using Registration = void(CoreConfiguration::Builder*);

// Both ways to name a PDP: dns:/// (by the C library, see SetGrpcEnvironment) and unix:.
extern Registration RegisterNativeDnsResolver, RegisterSockaddrResolver;
// One address after the other, TCP, then TLS.
extern Registration RegisterPickFirstLbPolicy, RegisterTCPConnectHandshaker,
    SecurityRegisterHandshakerFactories;
// What a call goes through.
extern Registration BuildClientChannelConfiguration, RegisterClientAuthorityFilter,
    RegisterHttpFilters, RegisterDeadlineFilter, RegisterMessageSizeFilter, RegisterSecurityFilters,
    RegisterBuiltins;
extern Registration RegisterResourceQuota;

}  // namespace grpc_core

namespace grpc_event_engine::experimental {

extern grpc_core::Registration RegisterEventEngineChannelArgPreconditioning;

}  // namespace grpc_event_engine::experimental

namespace grpc_core {

Registration BuildCoreConfiguration;

// In gRPC's order: filters of the same priority keep it.
void BuildCoreConfiguration(CoreConfiguration::Builder* builder) {
  constexpr Registration* kParts[] = {
      grpc_event_engine::experimental::RegisterEventEngineChannelArgPreconditioning,
      RegisterTCPConnectHandshaker,
      RegisterPickFirstLbPolicy,
      BuildClientChannelConfiguration,
      SecurityRegisterHandshakerFactories,
      RegisterClientAuthorityFilter,
      RegisterHttpFilters,
      RegisterDeadlineFilter,
      RegisterMessageSizeFilter,
      RegisterResourceQuota,
      RegisterNativeDnsResolver,
      RegisterSockaddrResolver,
      RegisterSecurityFilters,
      RegisterBuiltins,
  };
  for (Registration* const part : kParts) part(builder);
}

}  // namespace grpc_core
