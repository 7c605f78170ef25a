// A provider of OpenID Connect for the tests: npm's oidc-provider, which is certified. Whoever signs in is who they say.
// The issuer, the address of the server under test, and the name of the provider there are its arguments.
import Provider from "oidc-provider";

const [issuer, server, name] = process.argv.slice(2);

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "parlance",
      client_secret: "a secret of the tests, with a + and a /",
      redirect_uris: [`${server}/sso/${name}/callback`],
      post_logout_redirect_uris: [`${server}/sign-in`],
      backchannel_logout_uri: `${server}/sso/${name}/logout`,
      backchannel_logout_session_required: true,
    },
  ],
  claims: {
    openid: ["sub"],
    profile: ["name", "preferred_username"],
    email: ["email", "email_verified"],
    groups: ["groups"],
  },
  cookies: { keys: ["a key of the tests"] },
  features: { backchannelLogout: { enabled: true } },
  // Its own way out refuses this machine's addresses, at which the server under test is.
  fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
  async findAccount(_context, id) {
    const claims = {
      sub: id,
      name: id[0].toUpperCase() + id.slice(1),
      preferred_username: id,
      email: `${id}@parlance.chat`,
      email_verified: true,
      groups: id.startsWith("chief") ? ["chiefs"] : [],
    };
    return { accountId: id, claims: async () => claims };
  },
});

provider.listen(Number(new URL(issuer).port), "127.0.0.1");
