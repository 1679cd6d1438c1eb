import type { Route } from "../http/route.ts";
import { getAttention } from "./attention-page.tsx";
import { getComponents } from "./components-page.tsx";
import { postDismiss, postPreview, postRedriveForm } from "./dead-letters.tsx";
import { getPageAsset } from "./document.tsx";
import { postTestCallback } from "./first-run.tsx";
import {
  getNotifyForm,
  getTranslateForm,
  postFollowUpsForm,
  postRetryOf,
} from "./follow-up-forms.tsx";
import { getList } from "./list-page.tsx";
import { getSearchPage } from "./search-page.tsx";
import { postSelected } from "./selected.tsx";
import { getSettings } from "./settings-page.tsx";
import { getShareForm, postRevoke, postShareForm } from "./share-form.tsx";
import { getShareFile, getSharePage, getSharePart, getShareSearch } from "./share-page.tsx";
import { getSignIn, postSignIn, postSignOut } from "./sign-in.tsx";
import { getSubmitPage, postSubmit, postUpload } from "./submit.tsx";
import { getTokensPage, postRevokeToken, postTokensForm } from "./tokens-page.tsx";
import {
  getDeleteForm,
  getPromoteForm,
  getRenameForm,
  postDelete,
  postNames,
  postPromoteForm,
  postRename,
  postResubmit,
} from "./transcript-forms.tsx";
import { getTranscriptPage, getTranscriptPart } from "./transcript-page.tsx";
import {
  getAttachForm,
  getUnmatched,
  getUnmatchedDelete,
  postAttachForm,
  postUnmatchedDelete,
} from "./unmatched-page.tsx";

const BODY = "/attention/callbacks/:digest";
const TRANSCRIPT = "/transcripts/:request_id";

/** Every page and what their forms do. They ask for a session themselves, or for a link that holds. */
export const PAGES: readonly Route[] = [
  { method: "GET", path: "/", scope: null, handle: getList },
  { method: "POST", path: "/selected", scope: null, handle: postSelected },
  { method: "POST", path: "/test-callback", scope: null, handle: postTestCallback },
  { method: "GET", path: "/search", scope: null, handle: getSearchPage },
  { method: "GET", path: "/attention", scope: null, handle: getAttention },
  { method: "GET", path: BODY, scope: null, handle: getUnmatched },
  { method: "GET", path: `${BODY}/attach`, scope: null, handle: getAttachForm },
  { method: "POST", path: `${BODY}/attach`, scope: null, handle: postAttachForm },
  { method: "GET", path: `${BODY}/delete`, scope: null, handle: getUnmatchedDelete },
  { method: "POST", path: `${BODY}/delete`, scope: null, handle: postUnmatchedDelete },
  { method: "GET", path: "/components", scope: null, handle: getComponents },
  { method: "GET", path: "/settings", scope: null, handle: getSettings },
  { method: "GET", path: "/tokens", scope: null, handle: getTokensPage },
  { method: "POST", path: "/tokens", scope: null, handle: postTokensForm },
  { method: "POST", path: "/tokens/revoke", scope: null, handle: postRevokeToken },
  { method: "GET", path: "/submit", scope: null, handle: getSubmitPage },
  { method: "GET", path: "/assets/:file", scope: null, handle: getPageAsset },
  { method: "POST", path: "/submit", scope: null, handle: postSubmit },
  { method: "POST", path: "/upload", scope: null, handle: postUpload },
  { method: "POST", path: "/dead-letters/preview", scope: null, handle: postPreview },
  { method: "POST", path: "/dead-letters/redrive", scope: null, handle: postRedriveForm },
  { method: "POST", path: "/dead-letters/dismiss", scope: null, handle: postDismiss },
  { method: "GET", path: "/sign-in", scope: null, handle: getSignIn },
  { method: "POST", path: "/sign-in", scope: null, handle: postSignIn },
  { method: "POST", path: "/sign-out", scope: null, handle: postSignOut },
  { method: "GET", path: TRANSCRIPT, scope: null, handle: getTranscriptPage },
  { method: "GET", path: `${TRANSCRIPT}/part`, scope: null, handle: getTranscriptPart },
  { method: "GET", path: `${TRANSCRIPT}/translate`, scope: null, handle: getTranslateForm },
  { method: "GET", path: `${TRANSCRIPT}/notify`, scope: null, handle: getNotifyForm },
  { method: "GET", path: `${TRANSCRIPT}/share`, scope: null, handle: getShareForm },
  { method: "GET", path: `${TRANSCRIPT}/delete`, scope: null, handle: getDeleteForm },
  { method: "GET", path: `${TRANSCRIPT}/versions/:sha256`, scope: null, handle: getPromoteForm },
  { method: "POST", path: `${TRANSCRIPT}/versions/:sha256`, scope: null, handle: postPromoteForm },
  { method: "GET", path: `${TRANSCRIPT}/rename`, scope: null, handle: getRenameForm },
  { method: "POST", path: `${TRANSCRIPT}/rename`, scope: null, handle: postRename },
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
