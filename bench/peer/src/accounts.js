// Authentication: a signed access token that has not expired, of a session that was not revoked.
import jwt from "jsonwebtoken";
import { rows } from "./database.js";
import { unauthenticated } from "./api-error.js";

const SECRET = process.env.JWT_SECRET;

const SESSION = `
  select u.id, u.username, u.name, u.avatar_url as "avatarUrl", u.role
  from sessions s join users u on u.id = s.user_id
  where s.id = $1 and s.user_id = $2 and s.revoked_at is null and s.expires_at > now()
    and u.blocked_at is null`;

/** Returns the user of an access token; throws `unauthenticated`. */
export async function authenticate(token) {
  const { sub, sid } = verify(token);
  const [user] = await rows("session", SESSION, [sid, sub]);
  if (!user) throw unauthenticated();
  return user;
}

function verify(token) {
  try {
    return jwt.verify(token, SECRET, { algorithms: ["HS256"] });
  } catch {
    throw unauthenticated();
  }
}
