/** URLPattern is urlpattern-polyfill's, over the URL that is here. */
import { URLPattern } from "urlpattern-polyfill/urlpattern";
import { describeInterface } from "./webidl";

describeInterface(URLPattern as never, "URLPattern");

export { URLPattern };
