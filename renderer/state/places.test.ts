import { expect, test } from "vitest";
import { createNavigation } from "./navigation.ts";
import { routeOfPlace } from "./places.ts";

test.each([
  ["/", { page: "home" }],
  ["/inbox", { page: "inbox" }],
  ["/inbox/abc:def", { page: "inbox", id: "abc:def" }],
  ["/tree/shop/api", { page: "tree", path: "shop/api" }],
  ["/terminals/shop/api", { page: "terminals", path: "shop/api" }],
  ["/sessions", { page: "sessions" }],
  ["/search/two%20words", { page: "search", text: "two words" }],
  ["/bus/catalogue", { page: "bus", tab: "catalogue" }],
  ["/nowhere", undefined],
  ["code=abc", undefined],
])("the place %s is %j", (place, route) => expect(routeOfPlace(place)).toEqual(route));

test("a new step cuts what was ahead, and the same place twice is one step", () => {
  const navigation = createNavigation(undefined);
  navigation.navigate({ page: "tree" });
  navigation.navigate({ page: "tree" });
  navigation.navigate({ page: "events" });
  navigation.back();
  expect(navigation.current()).toEqual({ page: "tree" });
  navigation.forward();
  expect(navigation.current()).toEqual({ page: "events" });
  navigation.back();
  navigation.navigate({ page: "inbox" });
  navigation.forward();
  expect(navigation.current()).toEqual({ page: "inbox" });
  expect(navigation.store.getState().entries.map((route) => route.page)).toEqual(["home", "tree", "inbox"]);
});
