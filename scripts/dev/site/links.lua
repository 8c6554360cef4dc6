-- Links of a site that lies in a folder: what every href and src inside it points to must be there, anchors included. Addresses elsewhere are
-- counted, not asked.
--   links(pages) -> { dead = { "page: target", ... }, inside = n, elsewhere = n }      pages: path -> HTML, or true for any other file
return function(pages)
  local out = { dead = {}, inside = 0, elsewhere = 0 }
  local anchors = {}
  for path, html in pairs(pages) do
    if type(html) == "string" then
      anchors[path] = {}
      for id in html:gmatch('%sid="([^"]*)"') do
        if anchors[path][id] then out.dead[#out.dead + 1] = ("%s: the anchor #%s is there twice"):format(path, id) end
        anchors[path][id] = true
      end
    end
  end
  for path, html in pairs(pages) do
    for target in (type(html) == "string" and html:gsub("<script>.-</script>", "") or ""):gmatch('%s[hs]r[ec]f?="([^"]*)"') do
      if target:find("^%a+:") then
        out.elsewhere = out.elsewhere + 1
      else
        out.inside = out.inside + 1
        local file, id = target:match("^([^#]*)#?(.*)$")
        local full = file == "" and path or (path:match("^(.*/)") or "") .. file
        while full:find("[^/]+/%.%./") do full = full:gsub("[^/]+/%.%./", "", 1) end
        if not pages[full] then
          out.dead[#out.dead + 1] = ("%s: %s"):format(path, target)
        elseif id ~= "" and not (anchors[full] and anchors[full][id]) then
          out.dead[#out.dead + 1] = ("%s: %s: no such anchor"):format(path, target)
        end
      end
    end
  end
  table.sort(out.dead)
  return out
end
