-- What the prompt shows of an observation.
local core = require "galua.core"
local doc = require "galua.doc"
local observation = {}

function observation:__galua_show()
  local lines = { tostring(self):match "^(.-ignored%))" }
  if self.redshift then lines[1] = lines[1] .. ("   z = %g"):format(self.redshift) end
  lines[#lines + 1] = ("  %-24s %12s %14s %14s  %-9s %s"):format("band", "pivot [A]", "flux [mJy]", "err [mJy]", "kind", "note")
  for _, r in ipairs(self:rows()) do
    lines[#lines + 1] = ("  %-24s %12.6g %14.6g %14.6g  %-9s %s"):format(r.band, r.pivot, r.flux, r.err, r.kind, r.note)
  end
  for _, s in ipairs(self:spectra()) do
    lines[#lines + 1] = ("  spectrum %s %d pixels (%d used, %d masked)   %.6g .. %.6g A   calibration %s"):format(s.name, #s.wave, s.nused, #s.wave - s.nused,
      s.wave[1], s.wave[#s.wave], s.calibration.mode)
  end
  for _, i in ipairs(self:indices()) do lines[#lines + 1] = ("  index %-18s %12.5g +- %.3g"):format(i.name, i.value, i.err) end
  for _, l in ipairs(self:lines()) do
    lines[#lines + 1] = ("  line  %-18s %12.5g +- %.3g erg/s/cm2  %s"):format(l.name, l.value, l.err, l.limit and "limit" or "")
  end
  for _, m in ipairs(self:measures()) do
    lines[#lines + 1] = ("  %-24s %12.5g +- %.3g %s  %s"):format(m.name, m.value, m.err, m.unit, m.limit and "limit" or "")
  end
  for _, d in ipairs(self:data()) do lines[#lines + 1] = ("  %s   %s"):format(d.class, d.name) end
  if self.citation ~= "" then lines[#lines + 1] = "  " .. self.citation end
  return table.concat(lines, "\n")
end

function observation:plot(options)
  local plot = require "galua.plot"
  local o = require("galua.plot.data").observation(self)
  o.title, o.redshift, o.distance = self.name ~= "" and plot.escape(self.name) or nil, self.redshift, self.distance
  core.over("observation:plot", o, options)
  return plot.sed(o)
end
doc.text("observation.plot", observation.plot, [[plot([options]) -> figure
Bands, limits, data that are not used, the spectrum with its mask; options as for plot.sed.
@example plot(observation.read("data/photometry/ngc3898.ecsv"))]])

require("galua.spectrum.observation").extend(observation)
return require "galua.own_methods"("observation", observation, function(x) return require("galua.core").class_name(x) == "observation" end)
