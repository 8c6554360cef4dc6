-- What the prompt shows of an observation.
local observation = {}

function observation:__galua_show()
  local lines = { tostring(self) }
  if self.redshift then lines[1] = lines[1] .. ("   z = %g"):format(self.redshift) end
  lines[#lines + 1] = ("  %-24s %12s %14s %14s  %-9s %s"):format("band", "pivot [A]", "flux [mJy]", "err [mJy]", "kind", "note")
  for _, r in ipairs(self:rows()) do
    lines[#lines + 1] = ("  %-24s %12.6g %14.6g %14.6g  %-9s %s"):format(r.band, r.pivot, r.flux, r.err, r.kind, r.note)
  end
  if self.citation ~= "" then lines[#lines + 1] = "  " .. self.citation end
  return table.concat(lines, "\n")
end

return observation
