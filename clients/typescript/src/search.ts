/** Answers of searches. */
import type { Head, Message, User } from "./types.js";

/** A message that a search has found: `request("GET", "/search", { query: { q } })`. */
export interface FoundMessage extends Message {
  /** The part of the body around what matched; `matches` are ranges of `text`, as `text.slice(start, end)`. */
  snippet: { text: string; matches: { start: number; end: number }[] };
  /** `similar`: it contains words like those of the query, as after a typing error. */
  match: "exact" | "similar";
}

export interface SearchPage {
  items: FoundMessage[];
  nextCursor: string | null;
  /** The number of exact results, at most 1,000. */
  total: number;
  totalIsExact: boolean;
  /** The filters of the query that do not do what they seem to say. */
  problems: SearchProblem[];
}

export interface SearchProblem {
  /** The filter as it is written in the query. */
  filter: string;
  code: "no_value" | "unknown_value" | "invalid_date" | "not_negatable" | "unknown_user" | "unknown_conversation";
  detail: string;
  suggestions: string[];
}

/** Where `GET /find` leads to: a conversation of the user, a channel to join, or a person. */
export type FoundPlace =
  | { type: "conversation" | "channel"; conversation: Head }
  | { type: "person"; user: User };

export interface Found {
  /** The best first. */
  places: FoundPlace[];
  /** Those that are meant if the query has typing errors. */
  meant: FoundPlace[];
  messages: FoundMessage[];
}
