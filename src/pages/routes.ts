import type { Route } from "../http/route.ts";
import {
  postDismiss,
  postPreview,
  postQuarantineDelete,
  postRedriveForm,
} from "./desk-actions.tsx";
import { getDesk } from "./desk-page.tsx";
import { getPageAsset } from "./page-asset.ts";
import { getShareFile, getSharePage, getSharePart, getShareSearch } from "./share-page.tsx";
import { getSignIn, postSignIn, postSignOut } from "./sign-in.tsx";
import { postSubmit, postUpload } from "./submit.ts";
import {
  postDelete,
  postFollowUpsForm,
  postNames,
  postResubmit,
  postRetryOf,
  postRevoke,
  postShareForm,
} from "./transcript-actions.ts";
import { getTranscriptPage, getTranscriptPart } from "./transcript-page.tsx";

const TRANSCRIPT = "/transcripts/:request_id";

/** Every page and what their forms do. They ask for a session themselves, or for a link that holds. */
export const PAGES: readonly Route[] = [
  { method: "GET", path: "/", scope: null, handle: getDesk },
  { method: "GET", path: "/assets/:file", scope: null, handle: getPageAsset },
  { method: "POST", path: "/submit", scope: null, handle: postSubmit },
  { method: "POST", path: "/upload", scope: null, handle: postUpload },
  { method: "POST", path: "/dead-letters/preview", scope: null, handle: postPreview },
  { method: "POST", path: "/dead-letters/redrive", scope: null, handle: postRedriveForm },
  { method: "POST", path: "/dead-letters/dismiss", scope: null, handle: postDismiss },
  { method: "POST", path: "/quarantine/delete", scope: null, handle: postQuarantineDelete },
  { method: "GET", path: "/sign-in", scope: null, handle: getSignIn },
  { method: "POST", path: "/sign-in", scope: null, handle: postSignIn },
  { method: "POST", path: "/sign-out", scope: null, handle: postSignOut },
  { method: "GET", path: TRANSCRIPT, scope: null, handle: getTranscriptPage },
  { method: "GET", path: `${TRANSCRIPT}/part`, scope: null, handle: getTranscriptPart },
  { method: "POST", path: `${TRANSCRIPT}/names`, scope: null, handle: postNames },
  { method: "POST", path: `${TRANSCRIPT}/follow-ups`, scope: null, handle: postFollowUpsForm },
  { method: "POST", path: `${TRANSCRIPT}/retry`, scope: null, handle: postRetryOf },
  { method: "POST", path: `${TRANSCRIPT}/shares`, scope: null, handle: postShareForm },
  { method: "POST", path: `${TRANSCRIPT}/shares/revoke`, scope: null, handle: postRevoke },
  { method: "POST", path: `${TRANSCRIPT}/resubmit`, scope: null, handle: postResubmit },
  { method: "POST", path: `${TRANSCRIPT}/delete`, scope: null, handle: postDelete },
  { method: "GET", path: "/share/:signed", scope: null, handle: getSharePage },
  { method: "GET", path: "/share/:signed/part", scope: null, handle: getSharePart },
  { method: "GET", path: "/share/:signed/search", scope: null, handle: getShareSearch },
  { method: "GET", path: "/share/:signed/:file", scope: null, handle: getShareFile },
];
