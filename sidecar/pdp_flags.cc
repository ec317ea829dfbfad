#include "sidecar/pdp_flags.h"

#include "sidecar/flag.h"

namespace ostiary::sidecar {

void AddPdpTlsFlags(CLI::App* app, ClientTlsOptions* options) {
  AddFlag(app, "pdp-ca", &options->ca,
          "Speak TLS, and trust a PDP whose certificate this authority (PEM) signed, and no other")
      ->type_name("FILE");
  AddFlag(app, "pdp-name", &options->name,
          "The name that the PDP's certificate must bear, if not the address's")
      ->type_name("NAME");
  AddFlag(app, "pdp-cert", &options->cert, "The certificate to show the PDP (PEM, leaf first)")
      ->type_name("FILE");
  AddFlag(app, "pdp-key", &options->key, "Its private key (PEM); may be the same file")
      ->type_name("FILE");
  AddFlag(app, "pdp-token-file", &options->token_file,
          "The bearer token to show the PDP, read anew for each session")
      ->type_name("FILE");
  app->add_flag_callback(
         "--allow-insecure-tcp", [options] { options->insecure_tcp = InsecureTcp::kAllowed; },
         "Ask a PDP on the network without TLS: whoever can change the traffic then decides")
      ->envname(VariableName("allow-insecure-tcp"));
}

}  // namespace ostiary::sidecar
