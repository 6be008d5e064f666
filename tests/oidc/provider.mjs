// An OpenID provider for tests. Reads its accounts anew at each sign-in: {"ada": {"email": "...", "groups": [...]}}.
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const [port, accountsPath, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const readAccounts = () => JSON.parse(readFileSync(accountsPath, "utf8"));

const provider = new Provider(issuer, {
  clients: [{
    client_id: "micrarium", client_secret: "a secret/of both+", redirect_uris: [redirectUri],
    grant_types: ["authorization_code"], response_types: ["code"],
  }],
  claims: { openid: ["sub"], profile: ["preferred_username", "given_name", "family_name", "groups"], email: ["email", "email_verified"] },
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => {
    const account = readAccounts()[id];
    return account && { accountId: id, claims: async () => ({ sub: id, ...account }) };
  },
  loadExistingGrant: async (context) => {
    const grant = new context.oidc.provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
});

// The form one signs in with: a GET shows it, and ?as=NAME answers it.
provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  const name = context.query.as;
  if (!name) {
    context.body = `<form><label>Name <input name="as"></label> <button>Continue</button></form>`;
    context.type = "html";
    return;
  }
  const refused = { error: "access_denied", error_description: "The person <b>said</b> no" };
  await provider.interactionFinished(context.req, context.res, name === "nobody" ? refused : { login: { accountId: name } });
  context.respond = false;
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
