// Who calls: a token that is signed and not too old, of a session that has not been ended.
import jwt from "jsonwebtoken";
import { rows } from "./database.js";
import { UNAUTHENTICATED } from "./refusal.js";

const SECRET = process.env.JWT_SECRET;

const SESSION = `
  select u.id, u.username, u.name, u.avatar_url as "avatarUrl", u.role
  from sessions s join users u on u.id = s.user_id
  where s.id = $1 and s.user_id = $2 and s.revoked_at is null and s.expires_at > now()
    and u.blocked_at is null`;

/** The user of an access token. */
export async function authenticate(token) {
  const { sub, sid } = verify(token);
  const [user] = await rows("session", SESSION, [sid, sub]);
  if (!user) throw UNAUTHENTICATED();
  return user;
}

function verify(token) {
  try {
    return jwt.verify(token, SECRET, { algorithms: ["HS256"] });
  } catch {
    throw UNAUTHENTICATED();
  }
}
