// The user of the conformance suite's authorization servers: agrees to everything, at once.
export class Consent {
  // `context` is what the suite tells the client: a client id and a secret, where these are known before.
  constructor(context) {
    const stored = {};
    if (context.client_id && context.client_secret) stored.client = { client_id: context.client_id, client_secret: context.client_secret };
    this.provider = {
      redirectUrl: "http://127.0.0.1:1/callback",
      clientMetadataUrl: "https://conformance-test.local/client-metadata.json",
      clientMetadata: {
        client_name: "ostiary-conformance",
        redirect_uris: ["http://127.0.0.1:1/callback"],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
      clientInformation: () => stored.client,
      saveClientInformation: (value) => (stored.client = value),
      tokens: () => stored.tokens,
      saveTokens: (value) => (stored.tokens = value),
      saveCodeVerifier: (value) => (stored.verifier = value),
      codeVerifier: () => stored.verifier,
      saveDiscoveryState: (value) => (stored.discovery = value),
      discoveryState: () => stored.discovery,
      redirectToAuthorization: (url) => this.agree(url),
    };
  }

  // Keeps what the authorization server sends the user back with.
  async agree(url) {
    const response = await fetch(url, { redirect: "manual" });
    const back = response.headers.get("location");
    if (back) this.answer = new URL(back, url).searchParams;
  }

  takeAnswer() {
    const answer = this.answer;
    this.answer = undefined;
    return answer;
  }
}
